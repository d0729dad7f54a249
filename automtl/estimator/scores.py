"""One number for how well the tasks of a table are predicted, higher is better."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.metrics import r2_score

from automtl.core.metrics.queries import ndcg
from automtl.data.labels.labelsets import flags
from automtl.errors import DataError
from automtl.estimator.answers import Answer


def mean_score(
    answers: Sequence[Answer], predicted: Mapping[str, NDArray[Any]], truth: pa.Table
) -> float:
    """
    The mean over tasks of a score that is 1 if all is right: the accuracy of classes and levels;
    of a set of labels, the mean of each label's accuracy; of a ranking, NDCG
    (https://doi.org/10.1145/1102351.1102363); else the coefficient of determination of each column,
    averaged. Missing labels, and tasks without any, are left out.

    :param predicted: The predictions, by column, ``[n_rows]``.
    :param truth: The labels; besides, the queries of rankings.
    :raises DataError: If the column of a prediction is missing, or no task has labels.
    """
    scores = [_score(answer, predicted, truth) for answer in answers]
    if not (defined := [score for score in scores if np.isfinite(score)]):
        raise DataError("A score needs labels, but no task has enough of them in y.")
    return fmean(defined)


def _score(answer: Answer, predicted: Mapping[str, NDArray[Any]], truth: pa.Table) -> float:
    if answer.output.kind == "ranking":
        return _ranking(answer, predicted, truth)
    each = [_column(answer, name, predicted[name], truth) for name in answer.columns]
    defined = [score for score in each if np.isfinite(score)]
    return fmean(defined) if defined else float("nan")


def _column(answer: Answer, name: str, values: NDArray[Any], truth: pa.Table) -> float:
    """The score of one column of predictions; NaN if there are no labels that define it."""
    labels = _labels(answer, name, truth)
    if answer.output.members and (words := flags(pa.chunked_array([labels]))) is not None:
        labels = pa.array(words, from_pandas=True)
    known = labels.is_valid().to_numpy(zero_copy_only=False)
    right = np.asarray(labels.drop_null().to_pylist())
    if answer.output.probability is None:
        return _r2(right.astype(np.float64), values[known])
    return float(np.mean(values[known] == right)) if len(right) else float("nan")


def _r2(right: NDArray[np.float64], found: NDArray[Any]) -> float:
    """Of the numbers that are finite: others count as missing in training, too."""
    finite = np.isfinite(right)
    return float(r2_score(right[finite], found[finite])) if finite.sum() > 1 else float("nan")


def _labels(answer: Answer, name: str, truth: pa.Table) -> pa.Array:
    if name not in truth.column_names:
        raise DataError(
            f"A score needs the labels of all tasks, but y has no column '{name}', which "
            f"'{answer.output.task}' predicts. Its columns are {truth.column_names}."
        )
    column = truth[name].combine_chunks()
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _ranking(answer: Answer, predicted: Mapping[str, NDArray[Any]], truth: pa.Table) -> float:
    name, query = answer.sources
    _, groups = np.unique(truth[query].to_numpy(), return_inverse=True)
    relevance = _labels(answer, name, truth).to_numpy(zero_copy_only=False).astype(np.float64)
    return ndcg(predicted[name][:, None].astype(np.float64), np.column_stack([relevance, groups]))
