"""Data that come with the package, for the first steps and for examples."""

from pathlib import Path

#: Size measurements of 344 penguins of three species.
#: Licence: CC0 1.0. Horst, Hill and Gorman, palmerpenguins, 2020, https://doi.org/10.5281/zenodo.3960218
PENGUINS = Path(__file__).with_name("penguins.csv")
