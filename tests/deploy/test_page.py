"""``examples/deployment``: exported files in onnxruntime-web, in Chromium."""

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pytest import approx, fixture, skip

from automtl.data.dataset import MultiTaskData
from automtl.deploy.export import ExportReport
from automtl.deploy.predict import Predictor
from automtl.report.summary import Summary

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/deployment"
PREDICT = """async (rows) => {
    const { load } = await import("./model.mjs");
    return (await load("best.onnx")).predict(rows);
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@fixture
def opened(browser: "Browser", tmp_path: Path) -> Iterator[Callable[[Path], "Page"]]:
    """Opens the page, served as a user would serve it, with a model beside it."""
    runtime = EXAMPLE / "node_modules"
    if not (runtime / "onnxruntime-web").is_dir():
        skip("onnxruntime-web is not installed: (cd examples/deployment && npm install)")
    for name in ("index.html", "model.mjs"):
        shutil.copy(EXAMPLE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(runtime)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page, complaints = browser.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def open_(model: Path) -> "Page":
        shutil.copy(model, tmp_path / "best.onnx")
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_selector("form:not([hidden])")
        return page

    yield open_
    page.close()
    server.shutdown()
    server.server_close()
    assert complaints == []


def rows_of(data: MultiTaskData) -> list[dict[str, Any]]:
    """The test rows as JSON: an unknown number is null."""
    columns = {name: column.values[data.test.rows] for name, column in data.table.items()}
    lists = {n: [None if v != v else v for v in values.tolist()] for n, values in columns.items()}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def in_python(model: Path, data: MultiTaskData) -> dict[str, Any]:
    columns = {name: column.values[data.test.rows] for name, column in data.table.items()}
    return Predictor(model).predict(columns)


def test_every_kind_of_column_counts_alike_in_the_page(
    opened: Callable[[Path], "Page"], model: Path, data: MultiTaskData
) -> None:
    compare(opened(model).evaluate(PREDICT, rows_of(data)), model, data)


def test_every_kind_of_task_is_predicted_alike_in_the_page(
    opened: Callable[[Path], "Page"],
    several_exported: tuple[Path, ExportReport],
    several: MultiTaskData,
) -> None:
    model, _ = several_exported
    compare(opened(model).evaluate(PREDICT, rows_of(several)), model, several)


def compare(found: list[dict[str, Any]], model: Path, data: MultiTaskData) -> None:
    """Compares what the page predicts for the test rows to onnxruntime in Python."""
    expected = in_python(model, data)
    for output in Predictor(model).schema.outputs:
        values = [row[output.task]["value"] for row in found]
        if output.members:
            assert all(list(value) == list(output.members) for value in values)
            values = [list(value.values()) for value in values]
        if output.classes:
            assert values == expected[output.name].tolist()
        else:
            np.testing.assert_allclose(values, expected[output.name], rtol=1e-4, atol=1e-6)
        if output.probability is not None:
            named = [row[output.task]["probabilities"] for row in found]
            assert all(list(one) == list(output.classes or output.members) for one in named)
            likely = [list(one.values()) for one in named]
            np.testing.assert_allclose(likely, expected[output.probability], rtol=1e-4, atol=1e-6)


def test_a_row_is_entered_and_predicted(
    opened: Callable[[Path], "Page"], finished: Summary
) -> None:
    page = opened(finished.folder / "best.onnx")
    row = {"bill_length_mm": 46.5, "flipper_length_mm": 192.0, "year": 2007.0}
    for name, number in row.items():
        page.get_by_label(name, exact=True).fill(f"{number:g}")
    page.get_by_label("island", exact=True).select_option("Dream")
    page.get_by_role("button", name="Predict").click()
    page.wait_for_selector("tbody tr")
    lines = page.locator("tbody tr").all()
    shown = {
        line.locator("th").inner_text(): line.locator("td").all_inner_texts() for line in lines
    }
    columns = {"island": ["Dream"], "bill_depth_mm": [None]} | {n: [v] for n, v in row.items()}
    expected = Predictor(finished.folder / "best.onnx").predict(columns)
    assert shown["species"][0] == expected["species"][0]
    likely = expected["sex_probability"][0]
    assert shown["sex"][1] == f"female {likely[0]:.1%}\nmale {likely[1]:.1%}".replace("%", " %")
    assert float(shown["body_mass_g"][0]) == approx(float(expected["body_mass_g"][0]), rel=1e-4)
