"""An export, as text."""

from automtl.exporting.wanted import Exported
from automtl.report.leaderboard import aligned


def lines(exported: Exported) -> list[str]:
    """What to say of a file that was written."""
    (size, whole), (latency, theirs) = exported.sizes, exported.latencies
    found = [f"{size / 1024:.1f} KiB, {latency:.3f} ms for one row (median, one thread)"]
    if exported.differences or exported.changes:
        found[0] += f"; the whole in floats: {whole / 1024:.1f} KiB, {theirs:.3f} ms"
    if exported.anew:
        found.append("The whole agrees with the network on test.")
    if exported.differences:
        worst = max(exported.differences.values())
        same = "bit for bit" if worst == 0 else f"up to {worst:.1g}"
        what = "it predicts" if not exported.changes else "in floats it predicts"
        found.append(f"On {exported.rows} rows {what} what the whole predicts, {same}.")
    if exported.changes:
        rows = [
            [task, c.metric, f"{c.before:.4g}", f"{c.after:.4g}", f"{100 * c.gain:+.2f} %"]
            for task, c in exported.changes.items()
        ]
        found += aligned([["task", "metric", "in floats", "compressed", "gain"], *rows])
    return found
