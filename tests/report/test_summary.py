import json
from dataclasses import replace

from automtl.report.summary import Summary


def test_what_is_not_defined_is_null_in_json(finished: Summary) -> None:
    undefined = replace(finished.tasks[0], test={"auc": float("nan")})
    written = replace(finished, tasks=(undefined,)).to_json()
    assert json.loads(json.dumps(written, allow_nan=False))["tasks"][0]["test"] == {"auc": None}


def test_it_is_json(finished: Summary) -> None:
    written = json.loads((finished.folder / "best.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(finished.to_json()))
    assert written["rows"][0]["digest"] == finished.winner.digest
    assert written["folder"] == str(finished.folder)
