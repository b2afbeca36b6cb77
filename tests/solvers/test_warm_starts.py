"""Paths, discrepancy and series: the answers of cold solves, in fewer iterations."""

import numpy as np
import pytest
from properties import assert_close, random_complex, random_mask

from csmri import masks, phantoms
from csmri.arrays import to_numpy
from csmri.datasets import complex_noise
from csmri.operators import Composition, Fourier, LinearOperator, MaskedFourier, Sampling, Wavelet
from csmri.regularizers import L1, TotalVariation
from csmri.weights import largest
from solvers import (
    RelativeGap,
    StoppingRule,
    admm,
    discrepancy,
    fista,
    path,
    primal_dual,
    reconstruct_series,
)
from solvers.warm_start import warm_start

N, NOISE = 32, 0.03
PENALTIES = {"wavelet": L1() @ Wavelet("db2", levels=2), "TV": TotalVariation()}
MASK = masks.random_columns(N, acceleration=2, center_fraction=0.2, seed=0)


def measurement(dtype="complex128", seed=0, gain=1.0):
    """Noisy k-space of a phantom; another seed is another noise."""
    rng = np.random.default_rng(seed)
    noise = complex_noise((N, N), rng, NOISE).astype(complex)
    image = gain * phantoms.shepp_logan((N, N))
    return np.where(MASK, Fourier()(image + 0j) + noise, 0).astype(dtype)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_path_finds_what_cold_solves_find_in_fewer_iterations(name):
    A, y, R = MaskedFourier(MASK), measurement(), PENALTIES[name]
    stop = RelativeGap(1e-3, every=1)
    weights = [0.05, 0.02, 0.04, 0.03, 0.025]
    points = path(A, y, R, weights, iterations=2000, stop=stop)
    assert [point.weight for point in points] == [0.05, 0.04, 0.03, 0.025, 0.02]
    cold = [admm(A, y, point.weight * R, iterations=2000, stop=stop) for point in points]
    for (_, warm), alone in zip(points, cold, strict=True):
        assert warm.converged
        assert warm.gap <= 1e-3
        assert warm.objective == pytest.approx(alone.objective, rel=1e-3)
    saved = [alone.iterations - p.result.iterations for p, alone in zip(points, cold, strict=True)]
    assert saved[0] == 0
    assert sum(saved) > 0.3 * sum(alone.iterations for alone in cold[1:])


def test_a_path_takes_any_solver_a_start_and_batches():
    A, R = MaskedFourier(MASK), PENALTIES["wavelet"]
    y = np.stack((measurement(), measurement(seed=1)))
    x0 = A.adjoint(y)
    for solver in (admm, fista, primal_dual):
        points = path(A, y, R, (0.04, 0.05), solver=solver, iterations=40, x0=x0)
        assert (points[-1].result.gap < 1e-2).all()
        assert points[-1].result.iterations.tolist() == [40, 40]


def test_a_warm_start_scales_the_dual_and_forgets_the_penalty():
    A, R = MaskedFourier(MASK), PENALTIES["TV"]
    alone = admm(A, measurement(), 0.05 * R, iterations=20)
    begun = warm_start(alone, scale=0.5)
    assert_close(begun.dual, 0.5 * alone.dual)
    assert begun.iterate.rho is None
    assert warm_start(None) is None
    batch = admm(A, np.stack((measurement(), measurement(seed=1))), 0.05 * R, iterations=20)
    assert_close(warm_start(batch, scale=2.0).parts[1].dual, 2 * batch.dual[1])


@pytest.mark.parametrize("weights", [[], [0.1, 0.0], [-0.1]])
def test_a_path_needs_positive_weights(weights):
    with pytest.raises(ValueError, match=r"expected (at least one λ > 0|λ > 0|a finite λ ≥ 0)"):
        path(MaskedFourier(MASK), measurement(), TotalVariation(), weights)


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("gain", [1.0, 1000.0])
def test_the_discrepancy_is_that_of_the_noise_in_any_unit(name, gain):
    A, R = MaskedFourier(MASK), PENALTIES[name]
    y = gain * measurement()
    stop = RelativeGap(1e-3)
    found = discrepancy(A, y, R, gain * NOISE, iterations=1000, stop=stop)
    norm = np.linalg.norm(A(found.result.x) - y)
    assert norm == pytest.approx(gain * NOISE * np.sqrt(N * MASK.sum()), rel=0.01)
    assert found.ratio == pytest.approx(1, abs=0.01)
    assert found.weight == found.tried[-1].weight
    assert len(found.tried) <= 10
    assert 0 < found.weight < largest(A, y, R)


def test_the_discrepancy_of_other_operators_needs_the_number_of_samples():
    class Own(LinearOperator):
        def __call__(self, x):
            return MaskedFourier(MASK)(x)

        def adjoint(self, y):
            return MaskedFourier(MASK).adjoint(y)

        def norm_bound(self):
            return 1.0

    y, R = measurement(), PENALTIES["wavelet"]
    with pytest.raises(ValueError, match="pass samples="):
        discrepancy(Own(), y, R, NOISE)
    own = discrepancy(Own(), y, R, NOISE, samples=N * int(MASK.sum()), solver=fista)
    composed = discrepancy(Composition(Sampling(MASK), Fourier()), y, R, NOISE, solver=fista)
    assert own.weight == pytest.approx(composed.weight, rel=1e-6)


def test_a_noise_beyond_the_data_is_refused():
    A, y, R = MaskedFourier(MASK), measurement(), PENALTIES["wavelet"]
    with pytest.raises(ValueError, match="none left it"):
        discrepancy(A, y, R, 100.0, iterations=5)
    with pytest.raises(ValueError, match="expected the positive"):
        discrepancy(A, y, R, 0.0)
    for sigma in (np.array([NOISE, NOISE]), "0.1", None):
        with pytest.raises(TypeError, match="expected one number"):
            discrepancy(A, y, R, sigma)


class AtOnce(StoppingRule):
    """Stops at the very iteration at which the gap is small; it is computed after each."""

    def asks_for_gap(self):
        return True

    def __call__(self, progress):
        return progress.gap() <= 1e-3


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-4])
def test_who_starts_from_the_solution_stops_soon(name, tolerance):
    A, y, R = MaskedFourier(MASK), measurement(), 0.02 * PENALTIES[name]
    solved = admm(A, y, R, iterations=2000, stop=RelativeGap(tolerance / 10, every=1))
    again = admm(A, y, R, iterations=2000, stop=RelativeGap(tolerance), x0=solved)
    assert again.converged
    assert again.iterations <= 8


@pytest.mark.parametrize("name", PENALTIES)
def test_frames_that_are_alike_take_half_the_iterations_by_the_usual_rule(name):
    A, R, stop = MaskedFourier(MASK), 0.03 * PENALTIES[name], RelativeGap(1e-3)
    y = np.stack([measurement(gain=1 + 0.02 * t) for t in range(4)])
    series = reconstruct_series(A, y, R, iterations=1000, stop=stop)
    alone = admm(A, y, R, iterations=1000, stop=stop)
    assert series.converged.all()
    assert 2 * series.iterations[1:].sum() <= alone.iterations[1:].sum()


@pytest.mark.parametrize("name", PENALTIES)
def test_a_series_finds_what_single_solves_find_in_fewer_iterations(name):
    A, R = MaskedFourier(MASK), 0.03 * PENALTIES[name]
    y = np.stack([measurement(seed=t, gain=1 + 0.05 * t) for t in range(4)])
    stop = AtOnce()
    series = reconstruct_series(A, y, R, iterations=1000, stop=stop)
    alone = admm(A, y, R, iterations=1000, stop=stop)
    assert series.x.shape == y.shape
    assert series.converged.all()
    assert (series.gap <= 1e-3).all()
    assert series.objective == pytest.approx(alone.objective, rel=1e-3)
    assert series.iterations[0] == alone.iterations[0]
    assert series.iterations[1:].sum() < alone.iterations[1:].sum()


def test_a_predecessor_of_another_phase_is_left_aside():
    A, R = MaskedFourier(MASK), 0.03 * PENALTIES["TV"]
    y = np.stack([measurement(), -measurement(seed=1)])
    stop = RelativeGap(1e-3, every=1)
    series = reconstruct_series(A, y, R, iterations=1000, stop=stop)
    assert_close(series.x[1], admm(A, y[1], R, iterations=1000, stop=stop).x)


def test_each_image_of_a_series_may_have_its_own_mask_and_maps(xp):
    shape, frames = (8, 10), 3
    own = np.stack([random_mask(np, shape, seed=t) for t in range(frames)])[:, None]
    maps = random_complex(np, (2, *shape), seed=9)
    A = MaskedFourier(xp.asarray(own), xp.asarray(maps))
    y = A(random_complex(xp, (frames, *shape)))
    series = reconstruct_series(A, y, 0.1 * TotalVariation(), solver=primal_dual, iterations=30)
    assert (series.gap > 0).all()
    assert series.iterations.tolist() == [30] * frames
    for t in range(frames):
        one = MaskedFourier(xp.asarray(own[t]), xp.asarray(maps))
        value = 0.5 * np.linalg.norm(to_numpy(one(series.x[t, ...]) - y[t, ...])) ** 2
        value += 0.1 * float(TotalVariation().value(series.x[t, ...]))
        assert series.objective[t] == pytest.approx(value, rel=1e-9)


def test_what_is_no_series_is_refused():
    with pytest.raises(ValueError, match=r"expected a series \(T, H, W\)"):
        reconstruct_series(MaskedFourier(MASK), measurement(), 0.1 * TotalVariation())
