import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

from pytest import fixture

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.data.dataset import MultiTaskData
from automtl.data.describe import data_report
from automtl.plugins import Plugins
from automtl.report.columns import ColumnSummary
from automtl.report.html import MAX_MATRIX, MAX_ROWS, report_html
from automtl.report.leaderboard import percent
from automtl.report.summary import FrontPoint, Member, Summary
from automtl.run import RunFolder
from automtl.search.entry import Estimate

Maker = Callable[..., Summary]
VOID = {"meta"}
HOSTILE = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Fails where an element is not closed; keeps what the tests ask for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@fixture
def made(summary: Maker) -> Maker:
    """A made-up summary that has all a report shows."""

    def make(*args: object, **options: object) -> Summary:
        found = summary(*args, **options)
        gains = {row.digest: Estimate(0.0123, 0.0045) for row in found.rows}
        settings = {**found.hyperparameters, "schedule": "constant", "balancer": "sum"}
        return replace(found, test_gains=gains, hyperparameters=settings)

    return make


def affinity(tasks: list[str]) -> Affinity:
    n = len(tasks)
    mean = tuple(tuple(0.0 if i == j else (i - j) / n for j in range(n)) for i in range(n))
    return Affinity(tuple(tasks), (mean, mean), (((0.1,) * n,) * n,) * 2, "cosine")


def curve(tasks: list[str], epochs: int = 5) -> dict[str, object]:
    losses = [[1.0 / (epoch + 1)] * len(tasks) for epoch in range(epochs)]
    return {"tasks": tasks, "train": losses, "validation": losses, "best": epochs - 2}


def key(summary: Summary) -> str:
    return f"{summary.winner.digest}-{summary.seed}"


def test_a_real_run_is_reported(finished: Summary, plugins: Plugins) -> None:
    run = RunFolder.open(finished.folder)
    (trained,) = [trial for trial in run.trials() if trial.order.key == key(finished)]
    text = report_html(finished, plugins, {key(finished): run.curves(trained)})
    page = Page(text)
    for task in finished.tasks:
        assert task.name in page.text
        assert f"{task.test[task.metric]:.4g}" in page.text
        assert f"{task.anchor_test[task.metric]:.4g}" in page.text
        assert percent(task.test_gain) in page.text
        assert f"Losses of {task.name}" in page.text
    for row in finished.rows:
        assert row.digest in page.text
        assert percent(row.mean) in page.text
    assert finished.data_digest in page.text
    assert all(note in page.text for note in finished.notes)
    assert str(finished.folder / "config.yaml") in page.text
    assert "not a measured gain" in page.text


def test_nothing_is_loaded_and_nothing_runs(made: Maker, plugins: Plugins) -> None:
    text = report_html(made(), plugins, {})
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not names & {"src", "srcset", "data", "action", "xlink:href"}
    assert not [name for name in names if name.startswith("on")]
    assert {tag for tag, name, _ in page.attributes if name == "href"} == {"a"}
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_hostile_names_stay_text(made: Maker, plugins: Plugins) -> None:
    tasks = [HOSTILE, '"><b onclick=x>', "a & b"]
    found = replace(
        made(tasks),
        notes=(HOSTILE,),
        failed={HOSTILE: 2},
        affinity=affinity(tasks),
    )
    text = report_html(found, plugins, {key(found): [curve(tasks)]})
    page = Page(text)
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert HOSTILE not in text
    assert all(page.text.count(task) > 5 for task in tasks)


def test_a_citation_that_is_no_address_is_no_link(made: Maker, plugins: Plugins) -> None:
    class Strange(plugins.blocks["mlp"]):  # type: ignore[name-defined, misc]
        citation = "javascript:alert(1)"

    text = report_html(made(), replace(plugins, blocks={"mlp": Strange}), {})
    links = [
        value or "" for tag, name, value in Page(text).attributes if (tag, name) == ("a", "href")
    ]
    assert "javascript:alert(1)" in text
    assert all(link.startswith(("#", "https://", "http://")) for link in links)


def test_headings_and_tables_are_in_order(made: Maker, plugins: Plugins) -> None:
    text = report_html(replace(made(), affinity=affinity(["a", "b"])), plugins, {})
    page = Page(text)
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    scopes = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == page.tags.count("th")
    assert page.tags.count("caption") == page.tags.count("table")


def test_pictures_are_well_formed_and_described(made: Maker, plugins: Plugins) -> None:
    found = made()
    text = report_html(found, plugins, {key(found): [curve(["a", "b"])]})
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 4  # gains, graph, two curves
    for markup in pictures:
        svg = ElementTree.fromstring(markup)
        assert svg.get("role") == "img"
        assert [child.tag.split("}")[1] for child in svg][:2] == ["title", "desc"]


def test_the_front_is_drawn_and_listed(made: Maker, plugins: Plugins) -> None:
    found = made()
    graph = dict(found.graph)
    points = tuple(
        FrontPoint(f"point{n}", "", Estimate(0.01 * n, half), (), {"parameters": 10.0**n}, graph)
        for n, half in ((5, 0.01), (3, None))
    )
    text = report_html(replace(found, against=("parameters",), front=points), plugins, {})
    page = Page(text)
    assert all(point.digest in page.text for point in points)
    charts = [p for p in re.findall(r"<svg.*?</svg>", text, re.DOTALL) if "Mean gain against" in p]
    assert len(charts) == 1
    assert ElementTree.fromstring(charts[0]).get("role") == "img"
    assert "Pareto" not in Page(report_html(found, plugins, {})).text


def test_what_was_inferred_stands_beside_what_was_measured(made: Maker, plugins: Plugins) -> None:
    found = replace(made(), affinity=affinity(["a", "b"]))
    inferred = replace(affinity(["a", "b"]), estimator="posterior")
    page = Page(report_html(replace(found, posterior=inferred), plugins, {}))
    assert "+0.50 ± 0.10" in page.text  # measured
    assert "+50.0 ± 10.0 %" in page.text  # inferred, in gain
    assert "a loses by sharing stage 1 with b: -50.0 ± 10.0 %" in page.text
    assert "Inferred from gains" not in Page(report_html(found, plugins, {})).text


def test_settings_of_tasks_alone_have_a_column_of_their_own(made: Maker, plugins: Plugins) -> None:
    found = made()
    values = dict(found.hyperparameters)
    graph = TaskGraph.single_task("ab", 2).to_json()
    own = replace(found, graph=graph, alone={"a": {**values, "block": "tabm"}, "b": values})
    assert own.settings == [(("a",), {**values, "block": "tabm"}), (("b",), values)]
    page = Page(report_html(own, plugins, {}))
    assert "block tabm" in page.text
    assert "block mlp" in page.text
    same = replace(found, graph=graph, alone={"a": values, "b": values})
    assert same.settings == [(("a", "b"), dict(sorted(values.items())))]


def test_a_single_task_winner_has_no_chart_of_zeros(made: Maker, plugins: Plugins) -> None:
    text = report_html(made(anchors=("single-task", "all-shared")), plugins, {})
    assert "shares nothing" in text
    assert "Gain on test of each task" not in text


def test_undefined_gains_are_told_and_not_drawn(made: Maker, plugins: Plugins) -> None:
    text = report_html(made(gain=Estimate(float("nan"), None)), plugins, {})
    assert "undefined" in text
    assert "Gain on test of each task" not in text


def test_labels_losses_and_heads_are_told(made: Maker, plugins: Plugins) -> None:
    found = made(["tags"])
    columns = (
        ColumnSummary(HOSTILE, (60, 20, 20), (30, 10, 9), 0.375, {"macro_f1": 0.8125}),
        ColumnSummary("rare", (60, 20, 20), (2, 1, 0), 0.25, {"macro_f1": float("nan")}),
    )
    task = replace(
        found.tasks[0], kind="multilabel", columns=columns, loss="asymmetric", head="chain"
    )
    page = Page(report_html(replace(found, tasks=(task,)), plugins, {}))
    for text in ("loss asymmetric, head chain", "0.375", "0.8125", "left out", HOSTILE):
        assert text in page.text
    assert "macro_f1 leaves out 1 of 2 labels" in page.text
    assert {plugins.losses["asymmetric"].citation, plugins.heads["chain"].citation} <= {
        value for _, name, value in page.attributes if name == "href"
    }
    assert "There is one task" in page.text


def test_the_data_are_reported(made: Maker, penguins: MultiTaskData, plugins: Plugins) -> None:
    report = data_report(penguins)
    report["suspicions"] = [{"kind": "leak", "columns": [], "text": HOSTILE}]
    text = report_html(made(), plugins, {}, report)
    page = Page(text)
    assert HOSTILE in page.text
    assert HOSTILE not in text
    assert all(one["name"] in page.text for one in report["inputs"])
    assert "How the targets go together in training" in page.text
    assert "Nothing in the data" not in page.text
    assert "How the targets" not in report_html(made(), plugins, {})


def test_the_curves_shown_are_those_of_the_first_network_in_the_file(
    made: Maker, plugins: Plugins
) -> None:
    members = (Member("d", 0, "g", "d-0-bag0of2", (0, 2)), Member("d", 1, "g", "k", (1, 2)))
    found = replace(made(), members=members)
    page = Page(report_html(found, plugins, {"d-0-bag0of2": [curve(["a", "b"])]}))
    assert "Losses of a" in page.text
    assert "the first of 2 in the file" in page.text


def test_only_credible_affinities_are_coloured(made: Maker, plugins: Plugins) -> None:
    found = replace(made(), affinity=affinity(["a", "b"]))
    page = Page(report_html(found, plugins, {}))
    styles = [value or "" for tag, name, value in page.attributes if (tag, name) == ("td", "class")]
    assert sum("helps" in style for style in styles) == 2
    assert sum("hurts" in style for style in styles) == 2
    blurred = replace(found.affinity, std=(((1.0,) * 2,) * 2,) * 2)  # type: ignore[type-var]
    page = Page(report_html(replace(found, affinity=blurred), plugins, {}))
    assert "helps1" not in [value for _, name, value in page.attributes if name == "class"]


def test_thirty_tasks_and_a_thousand_rows_fit(made: Maker, plugins: Plugins) -> None:
    tasks = [f"a_rather_long_name_of_task_{number}" for number in range(30)]
    found = made(tasks)
    rows = tuple(
        replace(found.rows[0], rank=rank, digest=f"d{rank:011}") for rank in range(1, 1001)
    )
    anchor = replace(found.rows[1], rank=1001, digest="the anchor")
    found = replace(
        found,
        rows=(*rows, anchor),
        graph=TaskGraph.single_task(tasks, 3).to_json(),
        affinity=affinity(tasks),
        test_gains={rows[0].digest: Estimate(0.01, None)},
    )
    text = report_html(found, plugins, {key(found): [curve([task], 500) for task in tasks]})
    page = Page(text)
    assert len(text.encode()) < 2_000_000
    assert len(tasks) > MAX_MATRIX
    assert "strongest of 870 pairs" in page.text
    assert rows[MAX_ROWS - 1].digest in page.text
    assert rows[MAX_ROWS].digest not in page.text
    assert "the anchor" in page.text
    assert all(f"Losses of {task}" in page.text for task in tasks)


def luminance(colour: str) -> float:
    """Of WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    digits = "".join(2 * digit for digit in colour) if len(colour) == 3 else colour
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(w * s for w, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_can_be_read_in_light_and_in_dark(made: Maker, plugins: Plugins) -> None:
    text = report_html(made(), plugins, {})
    themes = [dict(re.findall(r"--(\w+): #(\w+);", block)) for block in text.split("@media")[:2]]
    assert len(themes) == 2
    for theme in themes:
        for colour in ("text", "quiet", "better", "worse", "unsure", "link"):
            assert contrast(theme[colour], theme["page"]) >= 4.5, colour
        for panel in (
            "panel",
            "shared",
            "helps1",
            "helps2",
            "helps3",
            "hurts1",
            "hurts2",
            "hurts3",
        ):
            assert contrast(theme["text"], theme[panel]) >= 4.5, panel
        assert contrast(theme["quiet"], theme["panel"]) >= 4.5
