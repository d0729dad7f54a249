import numpy as np
import onnxruntime
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto
from pytest import MonkeyPatch, mark

from automtl.data.features import ngrams
from automtl.data.features.ngrams import MAX_SPLITS, Text
from automtl.deploy.texts import TextWriter
from automtl.deploy.writer import GraphWriter, batch_of

TRAINING = np.array(
    [
        "A good film, a GOOD film!",
        "bad film. Don't watch it",
        "École bad-good; naïve ПРИВЕТ",
        'ÉCOLE — école "quoted" (twice) [quoted] twice/привет',
        "",
        "watch\tit\r\nwatch\n\nit",
    ],
    object,
)


def session(fitted: Text) -> onnxruntime.InferenceSession:
    writer = GraphWriter([fitted.name])
    output = TextWriter(fitted, writer).weighed()
    info = batch_of(output, TensorProto.DOUBLE, fitted.n_slots)
    model = writer.model([batch_of(fitted.name, TensorProto.STRING, 1)], [info], {})
    return onnxruntime.InferenceSession(model.SerializeToString())


FITTED = Text.fit("x", TRAINING)
SESSION = session(FITTED)


def found(values: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.asarray(SESSION.run(None, {"x": values[:, None]})[0])


def assert_agree(values: list[str]) -> None:
    texts = np.array(values, object)
    np.testing.assert_allclose(found(texts), FITTED.weighed(texts), rtol=1e-12, atol=1e-12)


def test_agrees_on_the_training_texts() -> None:
    assert FITTED.weighed(TRAINING).any(1).tolist() == [True] * 4 + [False, True]
    assert_agree(TRAINING.tolist())


PIECES = ["good", "GOOD", "film", "bad", "École", "ÉCOLE", "привет", "unseen", "don't"]
PARTS = st.sampled_from([*PIECES, *" .,;:!?()[]\"/-\n\r\t\v'—\u00a0😀ßİ"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(PARTS, max_size=12).map("".join), min_size=1, max_size=5))
def test_agrees_on_any_text(values: list[str]) -> None:
    assert_agree(values)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_agrees_on_any_characters(values: list[str]) -> None:
    assert_agree(values)


@mark.parametrize("values", [[], [""], ["", "!?"], [" "], ["unseen"], ["good"], ["", "good film"]])
def test_agrees_on_a_few(values: list[str]) -> None:
    assert_agree(values)


def test_agrees_on_very_long_texts() -> None:
    many = MAX_SPLITS + 50
    assert_agree(["good " * many + "bad film", "good" + "." * many + "film bad", "x" * 100_000])
    assert_agree(["good\n" * many + "bad", "film"])


def test_a_text_does_not_depend_on_its_neighbours() -> None:
    alone = np.concatenate([found(TRAINING[[row]]) for row in range(len(TRAINING))])
    assert np.array_equal(found(TRAINING), alone)


@mark.parametrize("slots", [1, 2, 5])
def test_agrees_where_ngrams_share_slots(slots: int, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(ngrams, "N_SLOTS", slots)
    fitted = Text.fit("x", TRAINING)
    assert fitted.n_slots == slots < len(fitted.grams)
    values = session(fitted).run(None, {"x": TRAINING[:, None]})[0]
    np.testing.assert_allclose(values, fitted.weighed(TRAINING), rtol=1e-12, atol=1e-12)


def test_agrees_where_there_are_no_pairs() -> None:
    fitted = Text.fit("x", np.array(["a", "b"], object))
    values = session(fitted).run(None, {"x": np.array([["b a"], ["c"]], object)})[0]
    np.testing.assert_allclose(values, fitted.weighed(np.array(["b a", "c"], object)))
