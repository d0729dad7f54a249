"""
All of scikit-learn's checks of an estimator, on `MultiTaskSearch` with a search of two trainings.

    python examples/benchmarks/sklearn_checks.py

Takes a minute, for some forty searches; the tests run those that fit seldom. Ends with an error if
a check fails that is not expected to.
"""

from sklearn.utils.estimator_checks import check_estimator

from automtl import MultiTaskSearch

SPACE = {
    "stages": 1,
    "primitives": ["hard"],
    "blocks": {"mlp": {"width": 8}},
    "balancers": ["sum"],
    "schedules": ["constant"],
    "training": {
        "learning_rate": 0.01,
        "weight_decay": 0.001,
        "batch_size": 64,
        "epochs": 2,
        "patience": 2,
    },
}
EXPECTED = {"check_n_features_in_after_fitting": "it fits 15 rows, and a search needs 20"}


def main() -> None:
    # Its y of ten or twenty rows has too few of each value to be classes.
    model = MultiTaskSearch(trials=2, space=SPACE, targets={"y": "regression"})
    results = check_estimator(model, expected_failed_checks=EXPECTED, on_skip=None)
    for result in results:
        reason = result["expected_to_fail_reason"] if result["status"] == "xfail" else ""
        print(f"{result['check_name']:50} {result['status']:8} {reason}")


if __name__ == "__main__":
    main()
