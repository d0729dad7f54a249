"""scikit-learn's Gaussian process, with the same kernel, is the oracle."""

from dataclasses import replace
from typing import Any

import numpy as np
from pytest import approx, importorskip, mark

from automtl.core.encoding import Encoded
from automtl.core.gaussian import (
    CHOICES,
    CONSTANT,
    JITTER,
    PSEUDO,
    START,
    GaussianProcesses,
    Kernel,
    choose_kernel,
)
from automtl.core.task import Floats

KERNEL = Kernel(linear=0.4, pooled=0.3, smooth=0.7, length=1.5, noise=0.2)
N_LINEAR, N_POOLED, N_SMOOTH = 3, 2, 4


def encoded(n: int, n_tasks: int = 2, seed: int = 0) -> Encoded:
    rng = np.random.default_rng(seed)
    linear, pooled, smooth = (
        rng.normal(size=(n_tasks, n, columns)) for columns in (N_LINEAR, N_POOLED, N_SMOOTH)
    )
    return Encoded(linear, pooled, 0.5 * smooth)


def gains(n: int, n_tasks: int = 2, seed: int = 1) -> Floats:
    scales = np.arange(1, n_tasks + 1)
    return np.asarray(np.random.default_rng(seed).normal(size=(n, n_tasks)) * scales)


def fitted(
    kernel: Kernel, observed: Encoded, told: Floats, prior: Floats | None = None
) -> GaussianProcesses:
    return GaussianProcesses(
        observed, told, np.zeros_like(told) if prior is None else prior, kernel
    )


def variances(process: GaussianProcesses, new: Encoded, pending: Encoded | None = None) -> Floats:
    prior = np.zeros((len(new), len(new.linear)))
    return process.predict(new, prior, pending)[1]


def rows(given: Encoded, task: int) -> Floats:
    return np.concatenate([given.linear[task], given.pooled[task], given.smooth[task]], axis=1)


def oracle(found: GaussianProcesses, observed: Encoded, told: Floats, task: int) -> Any:
    """The regressor of one task, told its variance."""
    process = importorskip("sklearn.gaussian_process")
    kernels, kernel = process.kernels, found.kernel
    n_products = N_LINEAR + N_POOLED
    shares = np.repeat([1 - kernel.pooled, kernel.pooled], [N_LINEAR, N_POOLED])

    def product(a: Floats, b: Floats, gamma: float) -> float:
        return float(shares * a[:n_products] @ b[:n_products])

    # A scale without end leaves the linear and the pooled features out of the distance.
    scales = [1e12] * n_products + [(kernel.length / 2) ** 0.5] * N_SMOOTH
    covariance = (
        kernels.ConstantKernel(CONSTANT)
        + kernels.ConstantKernel(kernel.linear) * kernels.PairwiseKernel(metric=product)
        + kernels.ConstantKernel(kernel.smooth) * kernels.RBF(scales)
    )
    variance = float(found.variance[task])
    regressor = process.GaussianProcessRegressor(
        kernels.ConstantKernel(variance) * covariance,
        alpha=variance * (kernel.noise + JITTER),
        optimizer=None,
    )
    return regressor.fit(rows(observed, task), told[:, task])


@mark.parametrize("task", [0, 1])
def test_mean_and_variance_are_those_of_scikit_learn(task: int) -> None:
    observed, new, told = encoded(9), encoded(5, seed=2), gains(9)
    found = fitted(KERNEL, observed, told)
    mean, std = oracle(found, observed, told, task).predict(rows(new, task), return_std=True)
    means, variances = found.predict(new, np.zeros((5, 2)))
    assert means[task] == approx(mean)
    assert np.sqrt(variances[task]) == approx(std)


def test_the_evidence_is_the_log_marginal_likelihood() -> None:
    observed, told = encoded(9), gains(9)
    found = fitted(KERNEL, observed, told)
    expected = sum(
        oracle(found, observed, told, task).log_marginal_likelihood_value_ for task in range(2)
    )
    assert found.evidence - 9 * np.log(2 * np.pi) == approx(expected)  # half of it for each task


def test_the_joint_covariance_is_summed_over_tasks() -> None:
    observed, new, told = encoded(9), encoded(5, seed=2), gains(9)
    found = fitted(KERNEL, observed, told)
    expected = sum(
        oracle(found, observed, told, task).predict(rows(new, task), return_cov=True)[1]
        for task in range(2)
    )
    assert found.joint(new) == approx(expected)
    assert found.joint(new) == approx(sum(found.covariance(new, task) for task in range(2)))
    assert np.diag(found.joint(new)) == approx(variances(found, new).sum(axis=0))


@mark.parametrize("task", [0, 1])
def test_the_covariance_of_a_task_is_that_of_scikit_learn(task: int) -> None:
    observed, new, told = encoded(9), encoded(5, seed=2), gains(9)
    found = fitted(KERNEL, observed, told)
    covariance = found.covariance(new, task)
    _, expected = oracle(found, observed, told, task).predict(rows(new, task), return_cov=True)
    assert covariance == approx(expected)
    assert np.diag(covariance) == approx(variances(found, new)[task])


def test_what_is_pending_lowers_the_variance_as_if_it_were_observed() -> None:
    observed, pending, new = encoded(6), encoded(3, seed=3), encoded(5, seed=2)
    found = fitted(KERNEL, observed, gains(6))
    later = fitted(KERNEL, Encoded.join([observed, pending]), gains(9))
    scaled = variances(later, new) * (found.variance / later.variance)[:, None]
    assert variances(found, new, pending) == approx(scaled)
    assert (variances(found, new, pending) < variances(found, new)).all()


def test_what_is_pending_leaves_the_mean() -> None:
    observed, pending, new, prior = encoded(6), encoded(3, seed=3), encoded(5, seed=2), gains(5)
    found = fitted(KERNEL, observed, gains(6), gains(6, seed=4))
    without, _ = found.predict(new, prior)
    np.testing.assert_array_equal(found.predict(new, prior, pending)[0], without)


def test_noise_is_in_units_of_gain() -> None:
    found = fitted(KERNEL, encoded(9), gains(9))
    assert found.noise == approx(KERNEL.noise * found.variance)
    assert fitted(KERNEL, encoded(9), 3 * gains(9)).noise == approx(9 * found.noise)


@mark.parametrize("task", [0, 1])
def test_slopes_are_what_a_step_in_the_linear_features_changes(task: int) -> None:
    observed, told, start = encoded(9), gains(9), encoded(1, seed=2)
    linear, pooled = (
        np.random.default_rng(4).normal(size=(3, columns)) for columns in (N_LINEAR, N_POOLED)
    )
    found = fitted(KERNEL, observed, told)
    means, stds = found.slopes(linear, pooled)
    regressor = oracle(found, observed, told, task)
    for at in range(3):
        moved = Encoded(start.linear + linear[at], start.pooled + pooled[at], start.smooth)
        both = np.concatenate([rows(start, task), rows(moved, task)])
        mean, covariance = regressor.predict(both, return_cov=True)
        assert means[task, at] == approx(mean[1] - mean[0])
        step = np.array([-1.0, 1.0])
        assert stds[task, at] == approx((step @ covariance @ step) ** 0.5)


def test_the_variance_of_one_task_is_its_maximum_likelihood_estimate() -> None:
    observed, told = encoded(9, n_tasks=1), gains(9, n_tasks=1)
    found = fitted(KERNEL, observed, told)
    covariance = KERNEL.between(observed, observed)[0] + (KERNEL.noise + JITTER) * np.eye(9)
    squares = (told.T @ np.linalg.solve(covariance, told)).item()
    assert found.variance.item() == approx(squares / 9)


def test_variances_are_pulled_towards_each_other() -> None:
    """By `PSEUDO` observations: entirely at none, not at all in the limit of many."""
    for n in (2, 8, 32):
        observed, told = encoded(n), gains(n)
        alone = [fitted(KERNEL, observed.of([t]), told[:, [t]]) for t in range(2)]
        own = np.array([process.variance[0] for process in alone])
        share = PSEUDO / (PSEUDO + n)
        found = fitted(KERNEL, observed, told).variance
        assert found == approx(share * own.mean() + (1 - share) * own)


def test_gains_of_another_scale_change_the_scale_alone() -> None:
    observed, new, told = encoded(9), encoded(5, seed=2), gains(9)
    prior, here = gains(9, seed=5), gains(5, seed=6)
    one, ten = (fitted(KERNEL, observed, s * told, s * prior) for s in (1.0, 10.0))
    mean, variance = one.predict(new, here)
    assert ten.predict(new, 10 * here)[0] == approx(10 * mean)
    assert ten.predict(new, 10 * here)[1] == approx(100 * variance)


def test_between_and_diagonal_agree() -> None:
    some = encoded(6)
    covariance = KERNEL.between(some, some)
    assert covariance == approx(covariance.transpose(0, 2, 1))
    assert np.diagonal(covariance, axis1=1, axis2=2) == approx(KERNEL.diagonal(some))


def test_without_noise_the_mean_goes_through_what_was_observed() -> None:
    observed, told = encoded(5), gains(5)
    found = fitted(replace(KERNEL, noise=0.0), observed, told)
    again, variance = found.predict(observed, np.zeros((5, 2)))
    assert again == approx(told.T, abs=1e-5)
    assert np.sqrt(variance) == approx(0.0, abs=1e-3)


@mark.parametrize("weight", [1.5, 0.0, -0.7])
def test_the_weight_of_the_prior_is_learned(weight: float) -> None:
    n = 60
    observed, prior = encoded(n), gains(n, seed=7)
    told = weight * prior + 0.1 * gains(n, seed=8)
    found = fitted(Kernel(0.01, 0.3, 0.01, 1.0, 1.0), observed, told, prior)
    assert found.weight == approx(weight, abs=0.1)


@mark.parametrize("n", [1, 3, 10, 100])
def test_few_observations_give_a_prior_less_weight(n: int) -> None:
    observed, prior = encoded(n), np.abs(gains(n, seed=7))
    found = fitted(KERNEL, observed, prior, prior)
    assert 0 < found.weight < 1
    if n == 100:
        assert found.weight > 0.95


def test_without_a_prior_there_is_no_weight() -> None:
    found = fitted(KERNEL, encoded(4), gains(4))
    assert (found.weight, found.weight_std) == (0.0, 0.0)


def test_gains_of_zero_are_no_trouble() -> None:
    found = fitted(KERNEL, encoded(4), np.zeros((4, 2)), gains(4))
    assert np.isfinite(found.evidence)
    mean, variance = found.predict(encoded(3), np.zeros((3, 2)))
    assert not mean.any()
    assert variance == approx(0.0, abs=1e-9)


@mark.parametrize("shrinkage", [True, False])
def test_no_other_choice_of_one_number_has_a_higher_evidence(*, shrinkage: bool) -> None:
    data = encoded(12), gains(12), gains(12, seed=3)
    best = choose_kernel(*data, shrinkage=shrinkage)
    evidence = GaussianProcesses(*data, best).evidence
    assert evidence >= GaussianProcesses(*data, replace(START, pooled=best.pooled)).evidence
    for name, values in CHOICES.items():
        assert getattr(best, name) in values
        if shrinkage or name != "pooled":
            others = (replace(best, **{name: value}) for value in values)
            assert max(GaussianProcesses(*data, other).evidence for other in others) == evidence


def test_without_shrinkage_nothing_is_pooled() -> None:
    """Though it explains the gains: the pooled features alone have made them."""
    observed = encoded(20)
    told = observed.pooled.sum(axis=2).T
    assert choose_kernel(observed, told, np.zeros_like(told)).pooled == max(CHOICES["pooled"])
    unaware = choose_kernel(observed, told, np.zeros_like(told), shrinkage=False)
    assert unaware.pooled == 0.0


def test_noise_is_told_from_signal() -> None:
    """Each candidate is observed twice: with the same gains, or with gains of no relation."""
    observed = encoded(15, n_tasks=3)
    twice, zero = Encoded.join([observed, observed]), np.zeros((30, 3))
    told = gains(15, n_tasks=3)
    same = choose_kernel(twice, np.concatenate([told, told]), zero)
    other = choose_kernel(twice, np.concatenate([told, gains(15, n_tasks=3, seed=9)]), zero)
    assert same.noise == min(CHOICES["noise"])
    assert other.noise == max(CHOICES["noise"])


def test_without_pooling_the_pooled_features_are_not_seen() -> None:
    some, rng = encoded(6), np.random.default_rng(5)
    other = replace(some, pooled=rng.normal(size=some.pooled.shape))
    for pooled in (0.0, 0.3):
        kernel = replace(KERNEL, pooled=pooled)
        same = kernel.between(some, some) == approx(kernel.between(other, other))
        assert same == (pooled == 0.0)
    whole = replace(KERNEL, pooled=1.0)
    blind = replace(some, linear=rng.normal(size=some.linear.shape))
    assert whole.between(blind, blind) == approx(whole.between(some, some))


@mark.parametrize("tasks", [[0], [2, 1], range(3)])
def test_some_tasks_see_what_they_saw_among_all(tasks: list[int]) -> None:
    some = encoded(5, n_tasks=3)
    assert len(some.of(tasks)) == 5
    assert KERNEL.between(some.of(tasks), some.of(tasks)) == approx(
        KERNEL.between(some, some)[list(tasks)]
    )


def test_taking_and_joining_are_inverse() -> None:
    some = encoded(6)
    again = Encoded.join([some.take([0, 1]), some.take(range(2, 6))])
    assert len(again) == 6
    np.testing.assert_array_equal(again.linear, some.linear)
    np.testing.assert_array_equal(again.pooled, some.pooled)
    np.testing.assert_array_equal(again.smooth, some.smooth)
