"""The pages as a browser shows them: what people see, hear, print and reach with a keyboard."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pytest import TempPathFactory, fixture, mark

from automtl.core.affinity import Affinity
from automtl.core.graph import Node, TaskGraph
from automtl.data.dataset import MultiTaskData
from automtl.data.findings.describe import data_report
from automtl.plugins import Plugins
from automtl.report.compare import Comparison, compare_html
from automtl.report.compare.side import SIZE, SPENT, Score, Side, SideTask, Truth
from automtl.report.evidence import Detail, task_evidence
from automtl.report.found import Found
from automtl.report.html import report_html
from automtl.report.summary import Summary
from automtl.search.entry import Estimate

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = "<script>alert(1)</script>"
PHONE, DESK = 390, 1280  # widths in pixels
LARGEST = 2 * 1024 * 1024  # bytes of a page

NAMES: Mapping[str, list[str]] = {
    "report": ["species", HOSTILE, "body_mass_g"],
    "many": [f"label_{number:03}" for number in range(100)],
}
PAGES = ("report", "many", "compare")
FEW = ("report", "compare")  # that have few tasks

Open = Callable[..., "Page"]
Write = Callable[[str], Path]


@fixture(scope="module")
def written() -> dict[str, Path]:
    """The files of the pages that were written so far, by the names of the pages."""
    return {}


@fixture
def file(
    written: dict[str, Path],
    tmp_path_factory: TempPathFactory,
    found: Callable[..., Found],
    plugins: Plugins,
    penguins: MultiTaskData,
) -> Write:
    """Writes one of `PAGES`, once."""

    def write(name: str) -> Path:
        if name not in written:
            written[name] = tmp_path_factory.mktemp("pages") / f"{name}.html"
            if name == "compare":
                text = compare_html(_comparison(plugins))
            else:
                text = report_html(_found(found, NAMES[name], plugins, penguins))
            written[name].write_text(text, encoding="utf-8")
        return written[name]

    return write


@fixture
def open_page(browser: "Browser", file: Write) -> Iterator[Open]:
    """Opens a page; what goes wrong in it until the end of the test fails the test."""
    events: list[str] = []
    contexts = []

    def make(name: str | Path, width: int = DESK, **options: Any) -> "Page":
        path = name if isinstance(name, Path) else file(name)
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: events.append(f"console: {told.text}"))
        page.on("pageerror", lambda error: events.append(f"error: {error}"))
        page.on("requestfailed", lambda request: events.append(f"failed: {request.url}"))
        page.on("request", lambda request: _only(path, request.url, events))
        page.on("dialog", lambda dialog: (events.append("a dialog"), dialog.dismiss()))
        page.goto(path.as_uri())
        return page

    yield make
    for context in contexts:
        context.close()
    assert events == []


def _only(path: Path, url: str, events: list[str]) -> None:
    """Nothing is requested but the page itself."""
    if url.split("#")[0] != path.as_uri():
        events.append(f"request: {url}")


def _found(
    make: Callable[..., Found], tasks: list[str], plugins: Plugins, data: MultiTaskData
) -> Found:
    """A made-up report with everything in it."""
    n = len(tasks)
    rng = np.random.default_rng(0)
    means = rng.normal(0, 0.1, (2, n, n)).round(3).tolist()
    stds = np.full((2, n, n), 0.05).tolist()
    affinity = Affinity(tuple(tasks), _tuples(means), _tuples(stds), "cosine")
    losses = [[1.0 / (epoch + 1)] * n for epoch in range(30)]
    curve = {"tasks": tasks, "train": losses, "validation": losses, "best": 20}
    evidence = {task: _evidence(at, plugins, n) for at, task in enumerate(tasks)}
    graph = _graph(tasks)
    return make(
        tasks,
        {"affinity": affinity, "notes": (HOSTILE,), "graph": graph.to_json()},
        curves=[curve],
        data=data_report(data),
        evidence=evidence,
        config="name: x\n",
    )


def _tuples(values: list[Any]) -> Any:
    return tuple(_tuples(value) if isinstance(value, list) else value for value in values)


def _graph(tasks: list[str]) -> TaskGraph:
    """All share the first stage, and go two ways at the second."""
    names = sorted(tasks)
    first, second = names[: len(names) // 2 + 1], names[len(names) // 2 + 1 :]
    return TaskGraph(((Node(tuple(names)),), (Node(tuple(first)), Node(tuple(second)))))


def _evidence(number: int, plugins: Plugins, n_tasks: int) -> dict[str, Any]:
    """Of a task with three classes, or of one with numbers."""
    rng, train = np.random.default_rng(number), np.ones(120, dtype=bool)
    detail = Detail.of(n_tasks)
    if number % 2:
        numbers = rng.normal(size=120)
        kind = plugins.task_kinds["regression"].fit(numbers, train)
        return task_evidence(kind, numbers[:, None] + 0.1, numbers, detail)
    classes = np.array(["a", HOSTILE, "c"], dtype=object)
    labels = np.arange(120) % 3
    kind = plugins.task_kinds["multiclass"].fit(classes[labels], train)
    return task_evidence(kind, rng.dirichlet(np.ones(3), 120), labels.astype(float), detail)


def _comparison(plugins: Plugins) -> Comparison:
    """Of three searches: one better, one tested on other rows."""
    apart = TaskGraph.single_task([HOSTILE, "sex"], 2)
    sides = [
        _side("first", 2.0, "t1", TaskGraph.all_shared([HOSTILE, "sex"], 2)),
        _side("second", 1.0, "t1", apart),
        _side("third", 3.0, "t2", apart),
    ]
    return Comparison.of(sides, plugins)


def _side(name: str, rmse: float, digest: str, graph: TaskGraph) -> Side:
    def task(rmse: float) -> SideTask:
        scores = {"rmse": Score(rmse, rmse, 0.1, 5), "mae": Score(rmse / 2, rmse / 2, 0.1, 5)}
        return SideTask("regression", "rmse", scores, Estimate(0.1, 0.05), (Truth(digest),))

    return Side(
        name=name,
        folder=Path("/runs") / name,
        tasks={HOSTILE: task(100 * rmse), "sex": task(rmse)},
        mean_gain=Estimate(0.1, 0.05),
        digests=(name,),
        n_rows=(600, 200, 200),
        graphs=(graph,),
        config={"search": {"trials": int(rmse)}, "targets": {HOSTILE: {"weight": rmse}}},
        settings={"block.width": name},
        costs=dict.fromkeys((*SPENT, *SIZE), 100 * rmse),
    )


def unfold(page: "Page") -> None:
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


@mark.parametrize("name", PAGES)
def test_loads_nothing_and_is_small(
    name: str, open_page: Open, file: Callable[[str], Path]
) -> None:
    page = open_page(name)
    unfold(page)
    page.mouse.wheel(0, 100_000)
    assert file(name).stat().st_size < LARGEST
    assert page.locator("h1").inner_text()


def test_the_report_of_a_search_is_clean(open_page: Open, finished: Summary) -> None:
    page = open_page(finished.folder / "report.html", PHONE)
    unfold(page)
    assert _overflow(page) <= 0
    assert _unreadable(page) == []
    assert page.locator("svg").count() > len(finished.tasks)


@mark.parametrize("name", PAGES)
def test_fits_the_width(name: str, open_page: Open) -> None:
    page = open_page(name)
    unfold(page)
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        assert _overflow(page) <= 0, width


def _overflow(page: "Page") -> int:
    """By how many pixels the page is too wide."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@mark.parametrize("name", PAGES)
def test_all_text_stands_out(name: str, open_page: Open) -> None:
    page = open_page(name)
    unfold(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert _unreadable(page) == [], scheme


# The contrast (https://www.w3.org/TR/WCAG22/#contrast-minimum) of texts, of at most 1,000 that are
# spread over the page, against whatever is painted below; what is scrolled out of view is left out.
CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
  };
  const known = new Map();
  const read = (colour) => known.get(colour) ?? known.set(colour, rgba(colour)).get(colour);
  const over = (top, alpha, below) =>
    below.map((value, at) => alpha * top[at] + (1 - alpha) * value);
  const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const SHAPES = new Set(["rect", "circle", "path", "polygon"]);
  const painted = (element) => {
    const style = getComputedStyle(element);
    if (SHAPES.has(element.tagName)) {
      const colour = style.fill === "none" ? [0, 0, 0, 0] : read(style.fill);
      return [colour, colour[3] * style.fillOpacity * style.opacity];
    }
    const colour = read(style.backgroundColor);
    return [colour, element instanceof SVGElement ? 0 : colour[3]];
  };
  const nodes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const silent = ["SCRIPT", "title", "desc"].includes(walker.currentNode.parentElement.tagName);
    if (walker.currentNode.data.trim() && !silent) nodes.push(walker.currentNode);
  }
  const found = [], step = Math.ceil(nodes.length / 1000);
  for (const node of nodes.filter((_, number) => number % step === 0)) {
    const element = node.parentElement;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getClientRects()[0];
    if (!box || !box.width) continue;
    const stack = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const place = stack.indexOf(element);
    if (place < 0) continue;
    const style = getComputedStyle(element), svg = element instanceof SVGElement;
    const halo = svg && style.paintOrder.startsWith("stroke") && style.stroke !== "none";
    const below = stack.slice(svg ? place + 1 : place).reverse();
    let ground = read(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    for (const one of below) ground = over(...painted(one), ground);
    if (halo) ground = read(style.stroke).slice(0, 3);
    const colour = read(svg ? style.fill : style.color);
    const [a, b] = [luminance(over(colour, colour[3], ground)), luminance(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([node.data.trim(), ratio]);
  }
  return found;
}
"""


def _unreadable(page: "Page") -> list[tuple[str, float]]:
    """The texts with too little contrast."""
    height = page.evaluate("document.documentElement.scrollHeight")
    width = page.evaluate("innerWidth")
    page.set_viewport_size({"width": width, "height": min(int(height), 16_000)})
    found = page.evaluate(CONTRAST)
    assert len(found) > 50
    return [(text, ratio) for text, ratio in found if ratio < 4.5]


def test_a_contrast_that_is_too_low_is_noticed(open_page: Open) -> None:
    page = open_page("compare")
    page.add_style_tag(content=".lead {color: #999} svg .axis {fill: #aaa !important}")
    texts = [text for text, _ in _unreadable(page)]
    assert any("side by side" in text for text in texts)
    assert any("error on test" in text for text in texts)
    assert len(texts) < 20


@mark.parametrize("name", FEW)
def test_details_appear_under_the_mouse_and_the_keyboard(name: str, open_page: Open) -> None:
    page = open_page(name)
    tooltip, box = page.locator("[role=tooltip]"), page.locator("svg g[tabindex]").first
    assert not tooltip.is_visible()
    box.hover()
    assert tooltip.is_visible()
    said = tooltip.inner_text()
    assert "stage 1" in said
    page.mouse.move(0, 0)
    assert not tooltip.is_visible()
    box.focus()
    assert tooltip.is_visible()
    assert tooltip.inner_text() == said
    page.keyboard.press("Escape")
    assert not tooltip.is_visible()


@mark.parametrize("name", FEW)
def test_tables_are_sorted(name: str, open_page: Open) -> None:
    page = open_page(name)
    unfold(page)
    table = page.locator("table:has(th button)").first
    cells, head = table.locator("tbody tr > :first-child"), table.locator("thead th").first
    before = cells.all_inner_texts()
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    ascending = cells.all_inner_texts()
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    descending = cells.all_inner_texts()
    assert sorted(before) == sorted(ascending)
    assert ascending == descending[::-1]
    assert ascending == sorted(before, key=lambda text: (not text.startswith("<"), text))


def test_numbers_are_sorted_as_numbers(open_page: Open) -> None:
    page = open_page("compare")
    table = page.locator("#models table").first
    table.locator("thead th button").nth(2).click()
    texts = table.locator("tbody td:nth-child(3)").all_inner_texts()
    assert texts == sorted(texts, key=float)


@mark.parametrize("name", FEW)
def test_the_keyboard_reaches_everything(name: str, open_page: Open) -> None:
    page = open_page(name)
    wanted = page.evaluate(
        """() => {
          const all = document.querySelectorAll("a[href], button, summary, input, [tabindex]");
          const shown = [...all].filter((one) => one.checkVisibility());
          shown.forEach((one, number) => { one.dataset.number = number; });
          return shown.length;
        }"""
    )
    assert wanted > 20
    reached = set()
    for _ in range(3 * wanted):
        page.keyboard.press("Tab")
        number = page.evaluate("document.activeElement.dataset.number ?? null")
        if number is not None and number in reached:
            break
        reached.add(number)
    assert reached - {None} == set(map(str, range(wanted)))


def test_whatever_has_the_focus_shows_it(open_page: Open) -> None:
    page = open_page("report")
    for kind in ("nav a", "summary", "th button", "div.scroll"):
        page.locator(kind).first.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style != "none", kind


@mark.parametrize("name", FEW)
def test_markup_in_names_stays_text(name: str, open_page: Open) -> None:
    page = open_page(name)
    unfold(page)
    assert page.locator("script").count() == 1
    assert page.get_by_text(HOSTILE).count() > 3


@mark.parametrize("name", FEW)
def test_paper_shows_what_is_folded(name: str, open_page: Open) -> None:
    page = open_page(name)
    hidden = """[...document.querySelectorAll("details > :not(summary, .search)")].filter(
        (one) => !one.checkVisibility()).length"""
    assert page.evaluate(hidden) > 0
    page.emulate_media(media="print")
    assert page.evaluate(hidden) == 0
    assert not page.locator("nav").is_visible()


def test_many_tasks_can_be_searched(open_page: Open) -> None:
    page = open_page("many")
    rows = page.locator("table.many").first.locator("tbody tr")
    assert rows.count() >= 100
    page.locator("input[type=search]").first.fill("label_042")
    assert rows.locator("visible=true").count() == 1


@mark.parametrize("name", FEW)
def test_all_can_be_read_without_script(name: str, open_page: Open) -> None:
    page = open_page(name, java_script_enabled=False)
    assert page.locator("h2").count() == page.locator("section").count() > 4
    assert page.locator("nav a").count() == page.locator("section").count()
    assert page.locator("button").count() == 0
    page.locator("summary").first.click()
    assert page.locator("details[open]").count() > 0


@mark.parametrize("name", FEW)
def test_every_picture_is_described(name: str, open_page: Open) -> None:
    page = open_page(name)
    for picture in page.locator("svg").all():
        assert picture.get_attribute("aria-label")
        assert picture.locator("desc").first.text_content()
