"""Runs side by side: which is better on which task, as far as that can be told, and why."""

from automtl.report.compare.comparison import Comparison
from automtl.report.compare.lines import lines
from automtl.report.compare.page import compare_html, write_page
from automtl.report.compare.read import read_sides

__all__ = ["Comparison", "compare_html", "lines", "read_sides", "write_page"]
