"""What a cross-validation found, as text: for a terminal, and as Markdown."""

from collections.abc import Iterator, Sequence

from automtl.cross_validation.results import CrossValidation, Score
from automtl.report.leaderboard import aligned, percent

MAX_LINES = 60  # with more, a terminal is shown the metrics that define gains alone

CAUTION = (
    "Spread is the standard deviation over folds. Intervals are 95 % over folds (Student's t). The "
    "folds share training rows, so that these intervals are too narrow, and no estimate can mend "
    "that (Bengio and Grandvalet, 2004, https://www.jmlr.org/papers/v5/grandvalet04a.html)."
)

HEAD = ("task", "metric", "mean", "spread", "folds", "gain over a model per task")


def lines(found: CrossValidation) -> list[str]:
    """A line for each metric of each task, and one for all tasks, for a terminal."""
    rows = list(_rows(found, every=True))
    if len(rows) > MAX_LINES:
        rows = list(_rows(found, every=False))
    return [*aligned([HEAD, *rows]), CAUTION]


def document(found: CrossValidation, k: int) -> str:
    """
    All of it as Markdown.

    :param k: How many folds there are to be.
    """
    results = found.results
    ended = "" if len(results) == k else f", of which {len(results)} ended so far"
    folds = [
        (
            f"[{one.number}](fold-{one.number}/report.html)",
            " / ".join(map(str, one.n_rows)),
            f"{100 * one.mean_gain:+.1f} %",
            one.graph.replace("|", "\\|"),
        )
        for one in results
    ]
    return "\n".join(
        [
            f"# Cross-validation with {k} folds{ended}",
            "",
            "The delivered model of each fold on its test part, which nothing was chosen on. The "
            "gain is that of the winner over the single-task anchor, both as means over seeds.",
            "",
            *_markdown([HEAD, *_rows(found, every=True)]),
            "",
            CAUTION,
            "",
            *_markdown(
                [("fold", "training / validation / test rows", "mean gain", "graph"), *folds]
            ),
            "",
        ]
    )


def _rows(found: CrossValidation, every: bool) -> Iterator[tuple[str, ...]]:
    """The cells of each line; of ``every`` metric, or only of those that define gains."""
    for task in found.tasks:
        gain = percent(found.gain(task))
        for at, (name, score) in enumerate(found.scores(task).items()):
            if every or at == 0:
                yield (task, name, *_cells(score), "" if at else gain)
    yield ("all tasks", "", "", "", str(len(found.results)), percent(found.mean_gain))


def _cells(score: Score) -> tuple[str, str, str]:
    spread = "" if score.spread is None else f"{score.spread:.2g}"
    return f"{score.mean:.4g}", spread, str(score.folds)


def _markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = ["| " + " | ".join(cells) + " |" for cells in rows]
    return [head, "|" + "---|" * len(rows[0]), *body]
