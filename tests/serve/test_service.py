import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import CaptureFixture, MonkeyPatch, mark, raises

from automtl.deploy.predict import Predictor
from automtl.deploy.schema import Schema
from automtl.errors import ModelError
from automtl.serve.service import METHODS, Service


def test_predicts_as_the_file_does(service: Service, row: dict[str, Any]) -> None:
    rows = [{**row, "x": i / 7, "w&w": f"ü{i}"} for i in range(2_500)]  # several batches
    found = service.answer("POST", "/predict", json.dumps({"rows": rows}).encode())
    assert found.status == HTTPStatus.OK
    answers = json.loads(found.body)["rows"]
    assert [each["echo"]["label"] for each in answers] == [each["w&w"] for each in rows]
    assert answers[2_499]["mass"]["value"] == float(f"{2499 / 7:.4f}")


def test_gives_the_schema(service: Service, schema: Schema) -> None:
    assert Schema.from_json(service.answer("GET", "/schema", b"").body.decode()) == schema


def test_is_well(service: Service) -> None:
    assert json.loads(service.answer("GET", "/health", b"").body) == {"status": "ok"}
    page = service.answer("GET", "/", b"")
    assert page.kind.startswith("text/html")
    assert "&lt;best&gt;.onnx" in page.body.decode()


@mark.parametrize("path", METHODS)
def test_a_path_has_its_method(service: Service, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        answer = service.answer(method, path, b"")
        wrong = method != METHODS[path]
        assert (answer.status == HTTPStatus.METHOD_NOT_ALLOWED) == wrong
        assert answer.headers.get("Allow") == (METHODS[path] if wrong else None)
    assert service.answer("GET", f"{path}x", b"").status == HTTPStatus.NOT_FOUND


@settings(max_examples=100, deadline=None)
@given(body=st.binary() | st.text().map(str.encode), path=st.sampled_from(["/predict", "/"]))
def test_whatever_is_sent_is_answered(service: Service, body: bytes, path: str) -> None:
    answer = service.answer("POST", path, body)
    assert 400 <= answer.status < 500
    assert json.loads(answer.body)["error"]


def test_a_failure_is_not_told(
    service: Service, row: dict[str, Any], monkeypatch: MonkeyPatch, capsys: CaptureFixture[str]
) -> None:
    def fail(self: Predictor, feeds: Any) -> None:
        raise RuntimeError("at /secret/path")

    monkeypatch.setattr(Predictor, "run", fail)
    answer = service.answer("POST", "/predict", json.dumps(row).encode())
    assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert json.loads(answer.body) == {"error": "The prediction failed."}
    assert "/secret/path" in capsys.readouterr().err


def test_refuses_what_is_no_model(tmp_path: Path) -> None:
    with raises(ModelError, match="no such file"):
        Service(tmp_path / "best.onnx")
