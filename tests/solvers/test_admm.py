"""ADMM reaches the independent optimum by every x-update and splitting, and proves it."""

import numpy as np
import pytest
from cases import case
from properties import assert_close

from csmri import kernels
from csmri.arrays import array_namespace
from csmri.masks import random_columns
from csmri.operators import MaskedFourier, Wavelet
from csmri.phantoms import shepp_logan
from csmri.regularizers import L1, TotalVariation
from csmri.weights import largest
from solvers import RelativeChange, RelativeGap, StoppingRule, Trace, admm, primal_dual
from solvers.iterate import Expansion
from solvers.nearest import (
    NearestByConjugateGradients,
    NearestByFourier,
    NearestByProjection,
    nearest,
)
from solvers.progress import relative_change
from solvers.splitting import FusedDifferences, FusedWavelet, splitting

PROBLEMS = {
    "TV, columns": case("TV", shape=(8, 10), weight=0.1),
    "TV, points": case("TV", sampling="points", weight=0.1),
    "TV anisotropic": case("TV anisotropic", sampling="points", weight=0.1),
    "TV Neumann": case("TV Neumann", weight=0.1),
    "TV, coils": case("TV", coils=3, weight=0.1),
    "wavelet, columns": case("haar", weight=0.3),
    "wavelet, points": case("db2", sampling="points", weight=0.3),
    "wavelet, coils": case("haar", coils=2, weight=0.3),
    "identity": case("identity", shape=(7, 9)),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_admm_reaches_the_independent_optimum(name):
    c = PROBLEMS[name]
    result = admm(*c.problem(), iterations=3000, stop=RelativeChange(1e-11))
    assert result.converged
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)
    assert result.objective >= c.optimum.value * (1 - 1e-11)


@pytest.mark.parametrize("name", ["TV, points", "wavelet, columns", "TV Neumann", "TV, coils"])
def test_every_array_library_reaches_the_same_optimum(xp, name):
    c = PROBLEMS[name]
    A, y, R = c.problem(xp)
    result = admm(A, y, R, iterations=400)
    assert array_namespace(result.x) is array_namespace(y)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-6)


@pytest.mark.parametrize("name", ["TV, columns", "TV anisotropic", "wavelet, points", "identity"])
def test_a_gap_of_1e8_is_proven_in_double_precision(name):
    c = PROBLEMS[name]
    result = admm(*c.problem(), iterations=5000, stop=RelativeGap(1e-8))
    assert result.converged
    assert result.gap <= 1e-8
    assert (result.objective - c.optimum.value) / c.optimum.value <= result.gap + 1e-11


@pytest.mark.parametrize("name", ["TV, columns", "TV anisotropic", "wavelet, columns"])
def test_the_gap_is_never_below_the_true_distance(name):
    c = PROBLEMS[name]
    result = admm(*c.problem(), iterations=60, callback=Trace(1))
    for record in result.history:
        distance = (record.objective - c.optimum.value) / record.objective
        assert record.gap >= distance - 1e-11


def test_the_fused_splitting_follows_the_plain_one(monkeypatch):
    A, y, R = PROBLEMS["TV, points"].problem()
    fused = admm(A, y, R, iterations=30)
    monkeypatch.setattr(kernels, "numba_serves", lambda *arrays, **options: False)
    plain = admm(A, y, R, iterations=30)
    assert_close(fused.x, plain.x, 1e-10)
    assert_close(fused.dual, plain.dual, 1e-9)


class EveryThird(StoppingRule):
    """Keeps what it sees every third iteration, and never stops."""

    def __init__(self):
        self.seen = {}

    def compares(self, iteration, progress):
        return iteration % 3 == 0

    def __call__(self, progress):
        if self.compares(progress.iteration, progress):
            self.seen[progress.iteration] = progress.x, progress.x_previous
        return False


@pytest.mark.parametrize("name", ["wavelet, columns", "wavelet, points", "TV, points"])
def test_an_image_made_only_when_asked_is_the_one_that_was_there(name):
    A, y, R = PROBLEMS[name].problem()
    every, images = EveryThird(), []
    last = admm(A, y, R, iterations=20, stop=every).x
    admm(A, y, R, iterations=20, callback=lambda progress: images.append(progress.x))
    np.testing.assert_array_equal(last, images[-1])
    assert sorted(every.seen) == [3, 6, 9, 12, 15, 18]
    for iteration, (x, x_previous) in every.seen.items():
        np.testing.assert_array_equal(x, images[iteration - 1])
        np.testing.assert_array_equal(x_previous, images[iteration - 2])


def test_an_image_of_wavelets_is_made_only_when_asked(monkeypatch):
    pytest.importorskip("numba")
    A, y, R = PROBLEMS["wavelet, columns"].problem()
    made = []
    split = FusedWavelet.split
    monkeypatch.setattr(FusedWavelet, "split", lambda s: made.append(1) or split(s))
    result = admm(A, y, R, iterations=30)
    assert made == [1]  # the one that is given back
    assert result.x is result.x
    assert made == [1]


def test_how_far_wavelets_moved_is_seen_without_an_image(monkeypatch):
    pytest.importorskip("numba")
    A, y, R = PROBLEMS["wavelet, columns"].problem()
    seen = []
    rule, made, image = RelativeChange(0.0), [], Expansion.image.func
    admm(A, y, R, iterations=12, stop=rule, callback=lambda p: seen.append((p.x, p.changes)))
    monkeypatch.setattr(Expansion, "image", property(lambda s: made.append(1) or image(s)))
    result = admm(A, y, R, iterations=12, stop=rule)
    assert made == [1]  # the one that is given back
    changes = dict(seen[-1][1])
    for k in range(2, 13):
        assert changes[k] == pytest.approx(relative_change(seen[k - 1][0], seen[k - 2][0]))
    np.testing.assert_array_equal(result.x, seen[-1][0])


def test_total_variation_is_fused_where_numba_is_there():
    pytest.importorskip("numba")
    _, y, R = PROBLEMS["TV, points"].problem()
    g, K = R.split()
    from solvers.iterate import Iterate

    assert isinstance(splitting(g, K, Iterate(y), 0.1), FusedDifferences)


@pytest.mark.parametrize(
    ("name", "update"),
    [
        ("wavelet, points", NearestByProjection),
        ("TV, points", NearestByFourier),
        ("TV, coils", NearestByConjugateGradients),
        ("TV Neumann", NearestByConjugateGradients),
    ],
)
def test_each_problem_gets_its_fastest_update_and_it_solves_for_the_image(name, update):
    c = PROBLEMS[name]
    A, y, R = c.problem()
    from csmri.fidelity import LeastSquares

    f, (_, K) = LeastSquares(A, y), R.split()
    x = f.zero_filled
    t, rho = K.adjoint(K(x)) + 0.1 * x, 0.7
    solve = nearest(f, K, x)
    assert isinstance(solve, update)
    for _ in range(30):  # conjugate gradients go on from the last image
        found = solve(t, rho)
    assert_close(A.normal(found) + rho * K.normal(found), f.zero_filled + rho * t, 1e-6)


def test_a_batch_is_its_images():
    A, y, R = PROBLEMS["TV, points"].problem()
    ys = np.stack([y, 2 * y])
    together = admm(A, ys, R, iterations=50)
    assert together.gap.shape == (2,)
    for i in range(2):
        alone = admm(A, ys[i], R, iterations=50)
        assert np.array_equal(together.x[i], alone.x)
        assert together.gap[i] == alone.gap
    assert together.dual.shape == (2, 2, 8, 8)


def test_finished_images_of_a_batch_stop_alone():
    A, y, R = PROBLEMS["TV, points"].problem()
    ys = np.stack([y, 0 * y])
    result = admm(A, ys, R, iterations=2000, stop=RelativeGap(1e-6, every=20))
    assert result.converged.all()
    assert result.iterations[1] < result.iterations[0]


def test_sums_of_regularizers_are_solved_exactly_and_proven():
    A, y, _ = PROBLEMS["TV, points"].problem()
    R = 0.05 * TotalVariation() + 0.05 * (L1() @ Wavelet("haar", levels=2))
    by_admm = admm(A, y, R, iterations=3000, stop=RelativeGap(1e-7))
    by_primal_dual = primal_dual(A, y, R, iterations=20000, sigma=0.3, stop=RelativeGap(1e-6))
    assert by_admm.converged
    assert by_primal_dual.objective == pytest.approx(by_admm.objective, rel=1e-5)
    bound = by_admm.objective * (1 - by_admm.gap)
    assert by_primal_dual.objective >= bound


@pytest.mark.parametrize("rho", [0.03, 3.0])
def test_a_fixed_penalty_reaches_the_same_optimum(rho):
    c = PROBLEMS["TV, points"]
    result = admm(*c.problem(), iterations=4000, rho=rho, relaxation=1.0)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-7)
    assert result.iterate.rho == rho


def test_the_penalty_adapts_to_the_units_of_the_data():
    A, y, R = PROBLEMS["TV, points"].problem()
    usual = admm(A, y, R, iterations=3000, stop=RelativeGap(1e-4))
    scaled = admm(A, 1e-4 * y, 1e-4 * R, iterations=3000, stop=RelativeGap(1e-4))
    assert scaled.converged
    assert scaled.iterations <= 3 * usual.iterations


def test_single_precision_stays_single_and_inputs_stay_unwritten():
    A, y, R = PROBLEMS["TV, points"].problem(dtype="complex64")
    before, x0 = y.copy(), A.adjoint(y)
    x0_before = x0.copy()
    result = admm(A, y, R, iterations=20, x0=x0)
    assert result.x.dtype == np.complex64
    assert result.dual.dtype == np.complex64
    assert np.array_equal(y, before)
    assert np.array_equal(x0, x0_before)


def test_penalties_and_relaxations_that_cannot_be_meant_are_refused():
    A, y, R = PROBLEMS["TV, points"].problem()
    with pytest.raises(ValueError, match="got rho=-1"):
        admm(A, y, R, rho=-1)
    for relaxation in (0, 2):
        with pytest.raises(ValueError, match="between 0 and 2"):
            admm(A, y, R, relaxation=relaxation)


def test_an_empty_image_is_its_own_optimum():
    A = MaskedFourier(np.ones(8, dtype=bool))
    result = admm(A, np.zeros((8, 8), complex), 0.1 * TotalVariation(), iterations=5)
    assert not result.x.any()
    assert result.gap == 0


@pytest.mark.parametrize("weight", [3.0, 30.0])
def test_weights_beyond_the_largest_converge_soon(xp, weight):
    """There the split stays 0, and its residuals say nothing of the penalty."""
    A = MaskedFourier(xp.asarray(random_columns(64, acceleration=2, center_fraction=0.1, seed=0)))
    y = A(xp.asarray(shepp_logan(64).astype(complex)))
    R = weight * float(largest(A, y, TotalVariation())) * TotalVariation()
    result = admm(A, y, R, iterations=300, stop=RelativeGap(1e-6))
    assert result.converged


def test_every_image_of_a_batch_gets_its_penalty_where_a_weight_is_large(xp):
    A, y, _ = case("TV", shape=(8, 8), sampling="points").problem(xp)
    R = 3 * float(largest(A, y, TotalVariation())) * TotalVariation()
    batch = xp.stack([y, 0.01 * y, 100 * y], axis=0)
    together = admm(A, batch, R, iterations=60)
    for i in range(3):
        alone = admm(A, batch[i, ...], R, iterations=60)
        assert_close(together.x[i, ...], alone.x, 1e-8 * float(xp.max(xp.abs(alone.x))))
