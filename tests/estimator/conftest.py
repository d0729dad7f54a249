"""A table with columns and tasks of several kinds."""

import numpy as np
import pandas as pd
from pytest import fixture

N_ROWS = 60


@fixture(scope="session")
def inputs() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": rng.normal(size=N_ROWS),
            "colour": pd.Categorical(rng.choice(["red", "green"], N_ROWS)),
            "sold": rng.choice(["yes", "no", ""], N_ROWS),
            "day": pd.Timestamp("2024-02-29") + pd.to_timedelta(rng.integers(0, 99, N_ROWS), "D"),
        },
        index=np.arange(N_ROWS) + 1000,
    )


@fixture(scope="session")
def labels(inputs: pd.DataFrame) -> pd.DataFrame:
    """One column of each kind; some labels are missing."""
    rng = np.random.default_rng(1)
    size = inputs["size"].to_numpy()
    frame = pd.DataFrame(
        {
            "price": 10 * size + rng.normal(size=N_ROWS),
            "grade": np.digitize(size, [-0.5, 0.5]).astype(float),
            "good": size > 0,
            "tags": rng.choice(["a", "a;b", "b; c", "c"], N_ROWS),
            "old": (size > 0.3).astype(int),
            "rare": (size < -0.3).astype(int),
        },
        index=inputs.index,
    )
    frame.loc[1003, "price"] = np.nan
    frame.loc[1005:1008, "grade"] = np.nan
    return frame
