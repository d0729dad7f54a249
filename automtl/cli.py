"""The command line. Whatever is heavy is imported inside the commands."""

import csv
import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from automtl.errors import AutoMTLError, ExportFailed, SearchFailed

if TYPE_CHECKING:
    from automtl.config import Config
    from automtl.cross_validation import CrossValidation
    from automtl.report.summary import Summary
    from automtl.search.progress import Progress

app = typer.Typer(
    name="automtl",
    help="Finds what tasks should share, and exports one ONNX file that predicts them all.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigFile = Annotated[Path | None, typer.Argument(metavar="[CONFIG.yaml]", show_default=False)]
PluginFiles = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE.py", help="A plugin; may be given several times."),
]


def main() -> NoReturn:
    """Runs the command line: 0 for success, 2 for a user's mistake, 1 for a failed run."""
    try:
        app(standalone_mode=True)
    except (SearchFailed, ExportFailed) as error:
        _fail(error, 1)
    except AutoMTLError as error:
        _fail(error, 2)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(0)


@app.command()
def search(
    config: ConfigFile = None,
    trials: Annotated[
        int | None, typer.Option(help="At most so many trainings; with --folds, in each fold.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="At most so long; with --folds, for each fold.")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K", help="Cross-validates: K searches, each with another K-th for testing."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Repeats a search exactly, with one worker.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Trainings at a time; default: the cores; 0: in this process."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="gain|COSTS",
            help="The highest gain, or its Pareto front against parameters,flops,latency_ms.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the run folder, runs/NAME.")] = None,
    out: Annotated[Path, typer.Option(help="Where run folders go.")] = Path("runs"),
    plugin: PluginFiles = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="runs/NAME", help="Go on with an interrupted search.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Of a running Ray cluster that shares this file system.")
    ] = None,
) -> None:
    """
    Search for what the tasks should share; without CONFIG.yaml, on the bundled penguins.
    """
    from automtl.config import bundled_config, load_config, override
    from automtl.cross_validation import CrossValidation

    def change(loaded: "Config") -> "Config":
        return override(
            loaded, trials=trials, minutes=minutes, seed=seed, workers=workers,
            objective=objective, name=name, plugins=plugin,
        )  # fmt: skip

    if resume is not None and (config is not None or folds is not None):
        raise typer.BadParameter("give --resume, or CONFIG.yaml and --folds, not both")
    with closing(_progress()) as progress:
        if resume is not None:
            found = _resume(resume, progress, change, address)
        else:
            loaded = change(load_config(config) if config else bundled_config())
            found = _search(loaded, folds, out / loaded.name, progress, address)
    if isinstance(found, CrossValidation):
        _show_folds(found)
    else:
        _show(found)


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL.onnx", show_default=False)],
    data: Annotated[Path, typer.Argument(metavar="DATA.csv", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The file to be written: .csv or .parquet.")
    ],
) -> None:
    """Predict with an exported model, from a table of any length: CSV, Parquet, JSON lines..."""
    from automtl.deploy.predict import predict_file
    from automtl.deploy.predictions.bar import progress_bar

    with progress_bar() as watch:
        notes = predict_file(model, data, out, watch)
    for note in notes:
        print(note, file=sys.stderr)
    print(out)


@app.command()
def affinity(
    config: ConfigFile = None,
    estimator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One of `automtl plugins`; default: the search's."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Repeats a measurement exactly.")] = None,
    plugin: PluginFiles = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A JSON file to write it to as well.")
    ] = None,
) -> None:
    """
    Measure how much the tasks help each other; without CONFIG.yaml, on the bundled penguins.
    """
    from automtl.config import bundled_config, load_config, override
    from automtl.measure import check_writable, measure, write_affinity
    from automtl.report.affinity import affinity_lines, recommendation

    loaded = override(
        load_config(config) if config else bundled_config(), seed=seed, plugins=plugin
    )
    if out is not None:
        check_writable(out)
    found = measure(loaded, estimator or loaded.search.affinity, print)
    print(f"\nAffinity '{found.affinity.estimator}' ± standard error")
    print("\n".join(affinity_lines(found.affinity)))
    print("\nRecommended grouping")
    print("\n".join(recommendation(found.graph, found.threshold)))
    if out is not None:
        write_affinity(found.affinity, out)
        print(f"\n{out}")


@app.command()
def validate(config: ConfigFile = None, plugin: PluginFiles = None) -> None:
    """Check a configuration and its data without training."""
    from automtl.config import bundled_config, load_config, override
    from automtl.data.findings.describe import describe
    from automtl.pipeline import check
    from automtl.tracking.listeners import make_callbacks

    loaded = override(load_config(config) if config else bundled_config(), plugins=plugin)
    found, data = check(loaded)
    make_callbacks(loaded, found)
    print("\n".join(describe(data, loaded.data_request())))
    print("The configuration and the data are fine.")


@app.command()
def plugins(plugin: PluginFiles = None) -> None:
    """List everything a search can be made of."""
    from automtl.plugins import load_plugins
    from automtl.report.catalogue import catalogue

    files = tuple(path.resolve() for path in plugin or ())
    print("\n".join(catalogue(load_plugins(files))))


@app.command()
def init(
    data: Annotated[Path, typer.Argument(metavar="DATA.csv", show_default=False)],
    targets: Annotated[
        str | None,
        typer.Option(
            help="The columns to predict, separated by commas (a name with a comma in double "
            "quotes); may be left out where the file says "
            "which columns are labels, as ARFF with an XML file of labels does."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")] = Path(
        "automtl.yaml"
    ),
) -> None:
    """Write a commented configuration, with the kinds of the columns as inferred."""
    from automtl.pipeline import write_starter

    write_starter(data, _listed(targets), out)
    print(f"{out}: edit it, then run `automtl search {out}`")


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="runs/A runs/B...", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write.")] = Path(
        "compare.html"
    ),
    plugin: PluginFiles = None,
) -> None:
    """Compare searches that have ended, or cross-validations, with the first of them."""
    from automtl.plugins import load_plugins
    from automtl.report.compare import Comparison, lines, read_sides, write_page

    plugins = load_plugins(tuple(path.resolve() for path in plugin or ()))
    found = Comparison.of(read_sides(runs), plugins)
    write_page(found, out)
    print("\n".join(lines(found)))
    print(f"\n{out}")


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="runs/NAME", show_default=False)],
) -> None:
    """Write report.html of a run again, from what is in its folder, at whatever moment."""
    from automtl.report.html import write_report
    from automtl.run import RunFolder

    run = RunFolder.open(folder)
    write_report(run, run.locked)
    print(run.path / "report.html")


@app.command()
def serve(
    model: Annotated[Path, typer.Argument(metavar="MODEL.onnx", show_default=False)],
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    max_bytes: Annotated[int, typer.Option(min=1, help="The largest request.")] = 2**20,
) -> None:
    """Serve an exported model over HTTP, to try it: JSON in and out, and a page with a form."""
    from automtl.serve.server import serve

    serve(model, host, port, max_bytes)


@app.command()
def trials(
    run: Annotated[Path, typer.Argument(metavar="runs/NAME", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A CSV file to write, with all there is.")
    ] = None,
    optuna: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Export to this storage, such as sqlite:///study.db."),
    ] = None,
    study: Annotated[str | None, typer.Option(help="Of the study; default: the run's.")] = None,
) -> None:
    """List the trials of a search, also while it goes on, or export them."""
    from automtl.tracking.show import show_trials

    print("\n".join(show_trials(run, out, optuna, study)))


@app.command()
def export(
    source: Annotated[Path, typer.Argument(metavar="runs/NAME", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The ONNX file to be written.")],
    tasks: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Only what serves these tasks; then an exported file will do for runs/NAME. A "
            "name with a comma stands in double quotes.",
        ),
    ] = None,
    candidate: Annotated[
        str, typer.Option(metavar="DIGEST", help="Another candidate; the first digits will do.")
    ] = "",
    ensemble: Annotated[
        int | None, typer.Option(metavar="K", help="The mean of the best K trainings.")
    ] = None,
    opset: Annotated[
        int | None, typer.Option(help="ONNX's operators, 17 to 23; default: 20.")
    ] = None,
    fp16: Annotated[bool, typer.Option("--fp16", help="Weights as 16-bit floats.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="Products of 8-bit integers.")] = False,
    tolerance: Annotated[
        float, typer.Option(min=0, help="By which share these may make a task's error larger.")
    ] = 0.01,
) -> None:
    """Export something else than best.onnx: some tasks, another candidate, a smaller file."""
    from automtl.exporting import Compression, Wanted, lines
    from automtl.exporting import export as write

    if fp16 and int8:
        raise typer.BadParameter("give --fp16 or --int8, not both")
    smaller = Compression.FP16 if fp16 else Compression.INT8 if int8 else Compression.NONE
    found = write(
        source, out, Wanted(_listed(tasks), candidate, ensemble, opset, smaller, tolerance)
    )
    print("\n".join(lines(found)))
    print(f"\n{out}")


def _listed(names: str | None) -> tuple[str, ...]:
    """Names between commas; one that has a comma stands in double quotes."""
    words = next(csv.reader([names or ""], skipinitialspace=True), [])
    return tuple(word.strip() for word in words if word.strip())


def _progress() -> "Progress":
    from automtl.progress import fitting_display

    return fitting_display()


def _show(summary: "Summary") -> None:
    from automtl.core.graph import TaskGraph
    from automtl.report import decisions
    from automtl.report.leaderboard import evidence, leaderboard, sharing
    from automtl.report.tasks import noteworthy, on_sets
    from automtl.report.transfer import transfer

    print("\nLeaderboard (gain over a model per task, on validation)")
    print("\n".join(leaderboard(summary)))
    print(decisions.on_cost(summary))
    for line in filter(None, [decisions.on_calibration(summary.calibration)]):
        print(line)
    if summary.against:
        print("\nThe Pareto front (on validation)")
        print("\n".join(decisions.front_table(summary)))
    print("\nIs any task left behind?")
    print("\n".join([*decisions.on_guard(summary), *transfer(summary.posterior)]))
    print("\nWhere the tasks share")
    print("\n".join(sharing(TaskGraph.from_json(summary.graph))))
    print("\nOn test, which nothing was chosen on")
    more = [*on_sets(summary), *noteworthy(summary), *decisions.on_members(summary)]
    print("\n".join([*evidence(summary), *more]))
    for reason, count in summary.failed.items():
        print(f"\n{count} of {summary.trials} trials gave nothing: {reason}")
    size = summary.exported.size / 1024
    print(f"\n{summary.folder / 'best.onnx'}  ({size:.0f} KiB, agrees with the network on test)")


def _search(
    config: "Config", folds: int | None, folder: Path, progress: "Progress", address: str | None
) -> "Summary | CrossValidation":
    from automtl import cross_validation, pipeline

    if folds is None:
        return pipeline.search(config, folder, progress, address=address)
    return cross_validation.search(config, folds, folder, progress, address=address)


def _resume(
    folder: Path,
    progress: "Progress",
    change: "Callable[[Config], Config]",
    address: str | None,
) -> "Summary | CrossValidation":
    from automtl import cross_validation, pipeline

    if cross_validation.FoldsFolder.is_one(folder):
        return cross_validation.resume(folder, progress, change=change, address=address)
    return pipeline.resume(folder, progress, change=change, address=address)


def _show_folds(found: "CrossValidation") -> None:
    from automtl.cross_validation.tables import lines

    print(f"\nOn test, over {len(found.results)} folds")
    print("\n".join(lines(found)))
    print(f"\n{found.folder / 'folds.md'}")


def _fail(error: Exception, code: int) -> NoReturn:
    print(f"automtl: {error}", file=sys.stderr)
    sys.exit(code)
