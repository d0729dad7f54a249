import pyarrow as pa
from pytest import mark

from automtl.data.labels.spelling import as_text


@mark.parametrize(
    "labels",
    [
        pa.array([-0.0, 0.0, None, -1.0]),
        pa.array([-0.0, 0.0, None, -1.0], pa.float32()),
        pa.array(["-0", "0", None, "-1"]),
        pa.array(["-0", "0", None, "-1"], pa.large_string()),
        pa.array(["-0", "0", None, "-1"]).dictionary_encode(),
        pa.array([0, 0, None, -1]),
    ],
)
def test_zero_has_no_sign(labels: pa.Array) -> None:
    assert as_text(pa.chunked_array([labels])).to_pylist() == ["0", "0", None, "-1"]


def test_other_labels_stay_as_they_are() -> None:
    words = ["-0.5", "-00.1", "-", "-.", "0", "x-0", "-0x", "-zero"]
    assert as_text(pa.chunked_array([words])).to_pylist() == words
    assert as_text(pa.chunked_array([["-0.0", "-.0", "-0."]])).to_pylist() == ["0.0", ".0", "0."]
    assert as_text(pa.chunked_array([[True, False]])).to_pylist() == ["true", "false"]
