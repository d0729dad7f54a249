"""`MultiTaskSearch`: a search with the manners of scikit-learn's estimators."""

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from automtl.config import Config, config_of
from automtl.core.runs import is_runs
from automtl.data.features.infer import to_column
from automtl.data.files.frame import FRAME, is_sparse_matrix
from automtl.data.files.source import Source, frame_source
from automtl.data.read import MIN_ROWS
from automtl.data.table import AnyColumn
from automtl.deploy.predict import Predictor
from automtl.deploy.schema import Input
from automtl.errors import DataError, RunError
from automtl.estimator.answers import answers
from automtl.estimator.exchange import (
    as_frame,
    as_table,
    form_of,
    joined,
    library_of,
    with_sets,
)
from automtl.estimator.names import is_frame, names_of
from automtl.estimator.scores import mean_score
from automtl.estimator.targets import separators_of, targets_of
from automtl.pipeline import SMALL, search
from automtl.progress import displayed
from automtl.report.summary import Summary
from automtl.results import Run

CELLS = 10_000_000  # that are predicted from at a time


def _has_probabilities(estimator: Any) -> bool:
    fitted = getattr(estimator, "answers_", None)
    return fitted is None or any(answer.output.probability for answer in fitted)


class MultiTaskSearch(BaseEstimator):  # type: ignore[misc]
    """
    Searches for what the tasks should share, and predicts them all with what it found.

    It takes what tables hold: numbers, text, booleans, dates, and missing values in X and y alike.
    Each column of y is a task, whose kind is inferred, unless ``targets`` says otherwise: numbers
    with more than ten different values, or with a fraction, are quantities, others are classes.

    It follows scikit-learn's conventions, except that the rows for validation and for the test,
    which it reports on, are set aside from those that it is fitted to.

    >>> MultiTaskSearch(trials=30, targets={"grade": "ordinal"})
    MultiTaskSearch(targets={'grade': 'ordinal'}, trials=30)

    :param trials: At most so many trainings; 24 if there is no other limit.
    :param minutes: At most so long.
    :param targets: What is known about tasks, by name: the name of a kind, or a mapping as under
        ``targets`` in a configuration file, with ``columns`` for a task that has several.
    :param columns: The kinds of columns of X, by name, where inferring them would go wrong.
    :param split: As in a configuration file: shares of the rows, and the column of X that divides
        them.
    :param space: The search space: a name, the path of a file, or a mapping as in one; None for
        ``"tiny"`` if there are few rows, else ``"default"``.
    :param settings: What else may stand under ``search`` in a configuration file.
    :param plugins: Files with plugins.
    :param workers: How many trainings at a time, in processes of their own; 0 for one after another
        in this process, which starts soonest; None for one a processor core.
    :param device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    :param seed: What all random choices follow from.
    :param folder: The run folder to be made; the table that was fitted goes beside it, as
        ``FOLDER.parquet``. None for a temporary one, which lives as long as the estimator.
    :param verbose: Whether to show how the search goes.

    After `fit` it has

    * ``run_``: the `Run`, with trials, affinity, report and more; a copy that was pickled has it
      only if ``folder`` was given;
    * ``onnx_``: the exported file, as bytes, which predicts;
    * ``classes_``: the classes of each task that has some, by its name; of the only task, if y had
      one dimension;
    * ``n_features_in_`` and, if names are text, ``feature_names_in_``.
    """

    def __init__(
        self,
        *,
        trials: int | None = None,
        minutes: float | None = None,
        targets: Mapping[str, str | Mapping[str, Any]] | None = None,
        columns: Mapping[str, str] | None = None,
        split: Mapping[str, Any] | None = None,
        space: str | Path | Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        plugins: Sequence[str | Path] = (),
        workers: int | None = 0,
        device: str = "auto",
        seed: int = 0,
        folder: str | Path | None = None,
        verbose: bool = False,
    ) -> None:
        self.trials = trials
        self.minutes = minutes
        self.targets = targets
        self.columns = columns
        self.split = split
        self.space = space
        self.settings = settings
        self.plugins = plugins
        self.workers = workers
        self.device = device
        self.seed = seed
        self.folder = folder
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """
        Searches, and keeps what was exported.

        :param X: Data frame of pandas or polars, Arrow table, mapping of names to columns, array or
            sparse matrix, ``[n_rows, n_columns]``.
        :param y: The same, a series, or an array ``[n_rows]``; a missing label is NaN or None.
            A row without any labels is none to learn from, but allowed.
        :raises AutoMTLError: If the user can mend it. What concerns X and y is a ``ValueError``.
        :raises SearchFailed: If no training succeeded.
        """
        if y is None:
            raise DataError(
                "This MultiTaskSearch estimator requires y to be passed, but the target y is None."
            )
        inputs, labels = self._inputs(X, reset=True), _labels(y)
        _check_size(inputs, labels)
        check_consistent_length(inputs, labels)
        folder = self._place()
        summary = self._search(joined(inputs, labels), labels.column_names, folder)
        self.run_ = Run(summary)
        self.onnx_ = (folder / "best.onnx").read_bytes()
        self._predictor = _predictor(self.onnx_)
        self._form = form_of(y)
        self._learn_answers(summary, labels, y if self._form.library == "numpy" else None)
        return self

    def predict(self, X: Any) -> Any:
        """
        Predicts all tasks.

        :param X: Rows with the columns of `fit`, in its order; those of an array, or of any X if
            `fit` had an array, go by position. A category that was not there counts as unknown.
        :return: In the form of the y of `fit`, with its classes as they were there: an array,
            series, frame, Arrow table or mapping, ``[n_rows]`` or ``[n_rows, n_columns]``. A set
            of labels that was written in one column becomes a column of 0 and 1 for each label.
        :raises DataError: If a value is not of its column's kind.
        """
        found = self._columns(self._found(X))
        return self._form.give(found, X)

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """
        Predicts the probabilities of classes, levels and labels.

        :return: By the task's name, of each task that has some: an array ``[n_rows, n_classes]``,
            its columns in the order of ``classes_``, or a frame, table or mapping, if y was one; of
            a set of labels, ``[n_rows, n_labels]``. If y had one dimension, that of the one task.
        """
        found, library = self._found(X), self._form.library
        given = {}
        for answer in self.answers_:
            if answer.output.probability is not None:
                values = found[answer.output.probability]
                names = answer.labels.tolist()
                if library in ("polars", "arrow"):
                    names = [str(name) for name in names]
                columns = dict(zip(names, values.T, strict=True))
                frame = library != "numpy"
                given[answer.output.task] = as_frame(columns, library, X) if frame else values
        return next(iter(given.values())) if self._single else given

    def score(self, X: Any, y: Any) -> float:
        """
        The mean over tasks of a score that is 1 if all is right: accuracy for tasks with classes or
        levels, the mean accuracy of the labels of a set, NDCG for rankings, and R² for numbers.
        Missing labels are left out.

        :raises DataError: If y does not have the labels of all tasks.
        """
        found = self._columns(self._found(X))
        labels = with_sets(_labels(y), self._separators, self._of_sets)
        return mean_score(self.answers_, found, joined(self._inputs(X, reset=False), labels))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "onnx_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        tags.target_tags.required = tags.target_tags.multi_output = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_predictor", None)  # a session of onnxruntime does not travel
        if self.folder is None:
            state.pop("run_", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "onnx_"):
            self._predictor = _predictor(self.onnx_)

    @property
    def _single(self) -> bool:
        """Whether there is one task, and y had one dimension."""
        return self._form.flat and len(self.answers_) == 1

    def _inputs(self, X: Any, *, reset: bool) -> pa.Table:
        """X as a table with the names of `fit`, when scikit-learn has seen that it suits."""
        if library_of(X) == "numpy":
            finite = "allow-nan"
            X = validate_data(
                self,
                X,
                reset=reset,
                dtype=None,
                ensure_all_finite=finite,
                accept_sparse=("csr", "csc"),
            )
            table = as_table(X, "x")
        else:
            table = as_table(X, "x")
            self._check_names(X if is_frame(X) else table, reset=reset)
        names = names_of(X, table)
        if reset:
            self._names = names
        return self._names.matched(table, names)

    def _check_names(self, frame: Any, *, reset: bool) -> None:
        """What scikit-learn checks of a frame: how many columns it has, and their names."""
        try:
            validate_data(self, frame, reset=reset, skip_check_array=True)
        except (TypeError, ValueError) as error:
            known = not reset and hasattr(self, "feature_names_in_")
            mend = "Give X the columns of fit in their order, feature_names_in_." if known else ""
            raise DataError(f"{str(error).strip()}\n{mend}".strip()) from None

    def _found(self, X: Any) -> dict[str, NDArray[Any]]:
        """What the exported file predicts, by its outputs."""
        check_is_fitted(self)
        source = frame_source(self._inputs(X, reset=False))
        table = source.read()
        columns = {
            asked.name: _column(table[asked.name], asked, source)
            for asked in self._predictor.schema.inputs
        }
        size = max(1, CELLS // len(columns))
        rows = [slice(at, at + size) for at in range(0, max(1, table.num_rows), size)]
        parts = [self._predictor.predict({n: c.at(r) for n, c in columns.items()}) for r in rows]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _columns(self, found: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The columns of predictions: those of y in its order, then others."""
        columns = dict(pair for answer in self.answers_ for pair in answer.given(found))
        order = [name for name in self._order if name in columns]
        return {name: columns[name] for name in dict.fromkeys([*order, *columns])}

    def _learn_answers(self, summary: Summary, labels: pa.Table, like: Any) -> None:
        """How predictions are given: as the labels were."""
        self._separators = separators_of(self.targets or {})
        wide = with_sets(labels, self._separators)
        self._of_sets = wide.column_names[labels.num_columns :]
        self._order = tuple(wide.column_names)
        self.answers_ = answers(self._predictor.schema.outputs, summary.tasks, wide, like)
        found = {a.output.task: a.classes for a in self.answers_ if len(a.classes)}
        self.classes_ = next(iter(found.values()), None) if self._single else found

    def _search(self, table: pa.Table, labels: Sequence[str], folder: Path) -> Summary:
        """Writes the table beside the run folder, where a resumed run finds it, and searches."""
        file = _written(table, folder)
        try:
            with displayed(self.verbose) as progress:
                return search(self._config(table.num_rows, labels, file), folder, progress)
        except DataError as error:
            raise DataError(str(error).replace(str(file), str(FRAME))) from None
        finally:
            if not folder.exists():  # the search did not begin
                file.unlink()

    def _config(self, n_rows: int, labels: Sequence[str], file: Path) -> Config:
        """What would stand in a configuration file."""
        limits: dict[str, Any] = {"trials": self.trials, "minutes": self.minutes, "seed": self.seed}
        limits |= {"workers": self.workers, "device": self.device}
        small = 0.6 * n_rows < SMALL
        return config_of(
            {
                "data": file,
                "targets": targets_of(self.targets or {}, labels),
                "columns": dict(self.columns or {}),
                "split": dict(self.split or {}),
                "space": self.space or ("tiny" if small else "default"),
                "plugins": [str(plugin) for plugin in self.plugins],
                "search": {**limits, **(self.settings or {})},
            }
        )

    def _place(self) -> Path:
        """
        Where the run goes.

        :raises RunError: If something is there.
        """
        if self.folder is None:
            folder = Path(tempfile.mkdtemp(prefix="automtl-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            return folder / "run"
        folder = Path(self.folder).resolve()
        tables = (folder.with_name(f"{folder.name}{suffix}") for suffix in (".parquet", ".arrow"))
        for there in (folder, *tables):
            if there.exists():
                raise RunError(f"{there}: exists already. Choose another `folder`, or none.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder


def _check_size(inputs: pa.Table, labels: pa.Table) -> None:
    for name, table in (("X", inputs), ("y", labels)):
        if not table.num_columns:
            raise DataError(f"{name} must have at least one column, but has none. Add one.")
    if inputs.num_rows < MIN_ROWS:
        raise DataError(
            f"A search needs {MIN_ROWS} rows at least, but X has n_samples={inputs.num_rows}, with "
            f"n_features={inputs.num_columns}."
        )


def _column(values: pa.ChunkedArray, asked: Input, source: Source) -> AnyColumn:
    """A column to predict from."""
    try:
        return to_column(values, asked.kind, source, asked.name)
    except pa.ArrowException:
        raise source.error(
            f"must hold {asked.kind.value} values, as in fit, but holds {values.type}. "
            "Convert it to what it was there.",
            asked.name,
        ) from None


def _written(table: pa.Table, folder: Path) -> Path:
    """
    The table as a file beside a run folder; one that holds columns without their zeros.

    :raises DataError: If a column is of a type that such a file has not.
    """
    if any(is_runs(kind) for kind in table.schema.types):
        file = folder.with_name(f"{folder.name}.arrow")
        with pa.OSFile(str(file), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
            writer.write_table(table)
        return file
    file = folder.with_name(f"{folder.name}.parquet")
    try:
        pq.write_table(table, file)
    except pa.ArrowException:
        file.unlink(missing_ok=True)
        for name in table.column_names:
            _check_writable(table.select([name]))
        raise
    return file


def _check_writable(column: pa.Table) -> None:
    try:
        pq.write_table(column, pa.BufferOutputStream())
    except pa.ArrowException:
        (field,) = column.schema
        raise DataError(
            f"{FRAME}, column '{field.name}': must hold text, numbers, booleans or dates, but "
            f"holds {field.type}. Convert it, to text say, or leave it out."
        ) from None


def _labels(y: Any) -> pa.Table:
    """The labels as a table; of an array, scikit-learn sees first that it is one of labels."""
    if library_of(y) == "numpy":
        if np.isscalar(y):
            raise DataError(f"y must have a label for each row of X, but is {y!r}. Give it a list.")
        finite = "allow-nan"
        if is_sparse_matrix(y):
            y = y.toarray()
        y = check_array(y, dtype=None, ensure_2d=False, ensure_all_finite=finite, input_name="y")
    return as_table(y, "y")


def _predictor(onnx: bytes) -> Predictor:
    """An exported file, ready to predict; it is on disk only while it is opened."""
    with tempfile.TemporaryDirectory(prefix="automtl-") as folder:
        file = Path(folder) / "best.onnx"
        file.write_bytes(onnx)
        return Predictor(file)
