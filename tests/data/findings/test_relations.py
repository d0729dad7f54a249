import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark
from sklearn.metrics import matthews_corrcoef

from automtl.data.findings.relations import WEAK, Floats, associations, correlations, ranks


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.0, 0.3]))
def test_correlations_are_those_of_the_rows_that_have_both(seed: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 4)) + rng.normal(size=(40, 4)) + 1e3
    columns[rng.random(columns.shape) < missing] = np.nan
    found, n_rows = correlations(columns)
    across, _ = correlations(columns[:, :1], columns[:, 1:])
    for i in range(4):
        for j in range(4):
            both = ~np.isnan(columns[:, [i, j]]).any(axis=1)
            assert n_rows[i, j] == both.sum()
            expected = np.corrcoef(columns[both, i], columns[both, j])[0, 1]
            assert found[i, j] == approx(expected, abs=1e-6)
    np.testing.assert_allclose(across, found[:1, 1:])


def test_what_is_constant_or_never_together_has_no_correlation() -> None:
    columns = np.array([[1.0, 0.1, np.nan], [0.0, 0.1, np.nan], [np.nan, np.nan, 1.0]])
    found, n_rows = correlations(columns)
    assert found[0, 0] == approx(1)
    assert np.isnan(found[0, 1:]).all()
    assert n_rows[0].tolist() == [2, 2, 0]


def test_of_two_flags_it_is_the_coefficient_of_matthews() -> None:
    flags = np.random.default_rng(0).integers(0, 2, (100, 2)).astype(float)
    found, _ = associations(flags, [2, 2])
    assert found[0, 1] == approx(matthews_corrcoef(flags[:, 0], flags[:, 1]))


@mark.parametrize("missing", [0.0, 0.2])
def test_cramers_v_and_the_correlation_ratio_without_what_is_chance(missing: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    b[a == 1] = 2
    y = rng.normal(size=200) + a
    columns = np.column_stack([a, b, y]).astype(float)
    columns[rng.random(columns.shape) < missing] = np.nan
    found, _ = associations(columns, [4, 4, 0])

    both = columns[~np.isnan(columns[:, :2]).any(axis=1)][:, :2].astype(int)
    table = np.zeros((4, 4))
    np.add.at(table, tuple(both.T), 1)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    chi2, n = ((table - expected) ** 2 / expected).sum(), table.sum()
    corrected = chi2 / n - 3 * 3 / (n - 1)  # as Bergsma writes it
    assert found[0, 1] == approx(np.sqrt(corrected / (4 - 3**2 / (n - 1) - 1)))

    known = ~np.isnan(columns[:, [0, 2]]).any(axis=1)
    classes, values = columns[known, 0], ranks(columns[:, 2])[known]
    means = np.array([values[classes == c].mean() for c in range(4)])[classes.astype(int)]
    within = np.square(values - means).sum() / (len(values) - 4)
    assert found[0, 2] == approx(np.sqrt(1 - within / np.var(values, ddof=1)))  # as Kelley does
    assert np.array_equal(found, found.T)


MANY = st.sampled_from([0, 2, 3, 10, 60])  # classes, or numbers


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 999), st.integers(1, 400), MANY, MANY)
def test_labels_that_are_independent_seem_so(
    seed: int, n_rows: int, first: int, second: int
) -> None:
    rng = np.random.default_rng(seed)
    columns = np.column_stack([_drawn(rng, first, n_rows), _drawn(rng, second, n_rows)])
    shuffled = np.array([columns[:, 0], rng.permutation(columns[:, 1])])
    found = [
        associations(np.column_stack([shuffled[0], rng.permutation(shuffled[1])]), [first, second])
        for _ in range(5)
    ]
    assert sum(abs(matrix[0, 1]) >= WEAK for matrix, _ in found) <= 2  # unknown is no association


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 999), st.integers(150, 400), MANY, st.sampled_from([3, 10, 60]))
def test_labels_that_are_not_independent_seem_so(
    seed: int, n_rows: int, first: int, second: int
) -> None:
    rng = np.random.default_rng(seed)
    classes = _drawn(rng, second, n_rows)
    other = classes % first if first else classes
    changed = rng.random(n_rows) < 0.2
    columns = np.column_stack([classes, np.where(changed, rng.permutation(other), other), classes])
    found, _ = associations(columns, [second, first, second])
    assert abs(found[0, 1]) >= WEAK
    assert found[0, 2] == approx(1)
    assert np.diag(found) == approx(np.ones(3))


def _drawn(rng: np.random.Generator, n_classes: int, n_rows: int) -> Floats:
    if n_classes:
        return rng.integers(0, n_classes, n_rows).astype(float)
    return rng.normal(size=n_rows)


def test_rows_that_are_too_few_tell_nothing() -> None:
    flag = np.array([0.0, 1.0, 1.0, 0.0])
    assert np.isnan(associations(np.column_stack([flag, [0.1, 2.0, 3.0, 0.2]]), [2, 0])[0]).all()
    each = np.random.default_rng(0).permutation(300).astype(float)
    found, _ = associations(np.column_stack([each, each[::-1]]), [300, 0])
    assert np.isnan(found[0]).all()  # a class in each row: any function of rows is one of them


def test_a_function_has_the_association_one() -> None:
    a = np.arange(60) % 3.0
    found, _ = associations(np.column_stack([a, a == 1, np.exp(a), -np.exp(a)]), [3, 2, 0, 0])
    assert found[0, 1:].tolist() == approx([1, 1, 1])
    assert found[2, 3] == approx(-1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, np.nan, -1.0]), min_size=1, max_size=12))
def test_ranks_are_means_over_all_orders_of_equal_values(values: list[float]) -> None:
    found = ranks(np.array([values, values[::-1]]))
    known = [value for value in values if value == value]
    for value, rank in zip(values, found[0], strict=True):
        below, equal = sum(v < value for v in known), sum(v == value for v in known)
        assert rank == below + (equal + 1) / 2 if equal else np.isnan(rank)
    np.testing.assert_array_equal(found[1], found[0, ::-1])
