"""
Three things about a penguin at once, from Python: a search of a few seconds on the bundled data,
and what it found.

    python examples/quickstart.py
"""

from automtl import bundled_config, override, search


def main() -> None:
    run = search(override(bundled_config(), trials=6, workers=0, name="quickstart"), progress=False)
    print(run.leaderboard[["mean_gain", "seeds", "parameters", "graph"]].to_string(index=False))
    for task in run.summary.tasks:
        print(f"{task.name}: {task.metric} {task.test[task.metric]:.3g} on test")
    row = {
        "island": ["Dream"],
        "bill_length_mm": [46.5],
        "bill_depth_mm": [17.9],
        "flipper_length_mm": [192.0],
        "year": [2007.0],
    }
    found = run.predictor.predict(row)
    print(f"{found['species'][0]}, {found['sex'][0]}, {found['body_mass_g'][0]:.0f} g")
    print(run.folder / "report.html")


if __name__ == "__main__":
    main()
