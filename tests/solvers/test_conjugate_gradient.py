"""Conjugate gradients solve the normal equations, in as many iterations as there are values."""

import numpy as np
import pytest
from properties import assert_close, random_complex, random_mask
from reference import measured, measurement_matrix

from csmri.arrays import to_numpy
from csmri.operators import MaskedFourier
from csmri.regularizers import Ridge
from solvers import RelativeChange, RelativeGap, conjugate_gradient, fista

SHAPE = (6, 5)


def sense(xp=np, coils=3, dtype="complex128", seed=0):
    """Undersampled k-space of several coils with noise: (A, y)."""
    mask = random_mask(xp, SHAPE, fraction=0.6, seed=seed)
    maps = random_complex(xp, (coils, *SHAPE), seed=seed + 1, dtype=dtype) if coils else None
    A = MaskedFourier(mask, maps)
    y = A(random_complex(xp, SHAPE, seed=seed + 2, dtype=dtype))
    noise = random_complex(xp, tuple(y.shape), seed=seed + 3, dtype=dtype)
    return A, xp.where(mask, y + 0.1 * noise, 0 * y)


def solved(A, y, ridge):
    """(AᴴA + ridge)⁻¹ Aᴴy by dense matrices."""
    matrix = measurement_matrix(to_numpy(A.mask), SHAPE, to_numpy(A.maps))
    normal = matrix.conj().T @ matrix + ridge * np.eye(matrix.shape[1])
    right = matrix.conj().T @ measured(to_numpy(y), to_numpy(A.mask))
    return np.linalg.solve(normal, right).reshape(SHAPE)


@pytest.mark.parametrize("ridge", [0.0, 0.1, 5.0])
def test_the_normal_equations_are_solved(xp, ridge):
    A, y = sense(xp)
    result = conjugate_gradient(A, y, ridge=ridge, iterations=60)
    assert_close(result.x, solved(*sense(), ridge), 1e-8)


def test_one_coil_is_solved_in_two_iterations(xp):
    """AᴴA + ridge has two eigenvalues then, ridge and 1 + ridge."""
    A, y = sense(xp, coils=0)
    result = conjugate_gradient(A, y, ridge=0.3, iterations=2, x0=random_complex(xp, SHAPE))
    assert_close(result.x, A.adjoint(y) / 1.3, 1e-12)


def test_what_is_solved_exactly_stays_where_it_is(xp):
    A, y = sense(xp, coils=0)
    result = conjugate_gradient(A, y, ridge=0.3, iterations=50)
    assert_close(result.x, A.adjoint(y) / 1.3, 1e-12)
    zero = conjugate_gradient(A, 0 * y, iterations=5)
    assert not to_numpy(zero.x).any()


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_a_does_not_measure_stays_where_it_is(xp, dtype, weighted):
    """Long after the residual has come down to rounding."""
    mask = random_mask(xp, (16, 16), fraction=0.4, seed=0)
    weights = 0.5 + random_complex(xp, (16, 16), seed=1, dtype=dtype) ** 2 / 100
    A = MaskedFourier(mask, weights[None, ...] if weighted else None)
    y = A(random_complex(xp, (16, 16), seed=2, dtype=dtype))
    result = conjugate_gradient(A, y, iterations=400)
    size = np.linalg.norm(to_numpy(y))
    assert result.objective <= (100 * np.finfo(dtype).eps * size) ** 2
    assert np.linalg.norm(to_numpy(result.x)) <= 10 * size
    stopped = conjugate_gradient(A, y, iterations=400, stop=RelativeChange(1e-4))
    assert stopped.converged


def test_every_iteration_lowers_the_objective():
    A, y = sense()
    values = [
        conjugate_gradient(A, y, ridge=0.05, iterations=n, x0=0 * A.adjoint(y)).objective
        for n in range(12)
    ]
    assert (np.diff(values) < 0).all()


def test_the_gap_is_proven_where_there_is_a_ridge(xp):
    A, y = sense(xp)
    result = conjugate_gradient(A, y, ridge=0.1, iterations=500, stop=RelativeGap(1e-8, every=1))
    assert result.converged
    assert 0 <= result.gap <= 1e-8
    x = solved(*sense(), 0.1)
    A_, y_ = sense()
    best = np.linalg.norm(A_(x) - y_) ** 2 / 2 + 0.05 * np.linalg.norm(x) ** 2
    early = conjugate_gradient(A, y, ridge=0.1, iterations=3)
    assert early.gap >= 1 - best / early.objective > 0
    assert result.objective == pytest.approx(best, rel=1e-8)


def test_without_a_ridge_there_is_no_proof():
    A, y = sense()
    assert conjugate_gradient(A, y, iterations=2).gap is None
    with pytest.raises(ValueError, match=r"no proof of the gap.*RelativeChange"):
        conjugate_gradient(A, y, stop=RelativeGap(1e-3))
    assert conjugate_gradient(A, y, iterations=200, stop=RelativeChange(1e-10)).converged


def test_fista_finds_the_same_ridge():
    A, y = sense()
    linear = conjugate_gradient(A, y, ridge=0.5, iterations=60)
    assert_close(fista(A, y, Ridge(0.5), iterations=600).x, linear.x, 1e-8)


@pytest.mark.parametrize("coils", [0, 2])
def test_a_batch_gives_what_its_images_give_alone(xp, coils):
    pairs = [sense(xp, coils=coils, seed=seed) for seed in (0, 0)]
    A, y = pairs[0]
    together = conjugate_gradient(A, xp.stack([y, 3 * y, 0 * y], axis=0), ridge=0.2, iterations=4)
    for i, factor in enumerate((1, 3, 0)):
        alone = conjugate_gradient(A, factor * y, ridge=0.2, iterations=4)
        assert_close(together.x[i, ...], alone.x, 1e-12)
        assert together.objective[i] == pytest.approx(alone.objective, abs=1e-12)
        assert together.gap[i] == pytest.approx(alone.gap, abs=1e-10)


def test_single_precision_stays_single(xp):
    A, y = sense(xp, dtype="complex64")
    result = conjugate_gradient(A, y, ridge=0.1, iterations=40)
    assert result.x.dtype == xp.complex64
    assert_close(result.x, solved(*sense(), 0.1), 1e-5)


def test_a_start_at_the_solution_stays_there(xp):
    A, y = sense(xp)
    x = xp.asarray(solved(*sense(), 0.1))
    assert_close(conjugate_gradient(A, y, ridge=0.1, iterations=3, x0=x).x, x, 1e-12)


def test_inputs_are_not_written(xp):
    A, y = sense(xp)
    x0 = random_complex(xp, SHAPE)
    before = to_numpy(y).copy(), to_numpy(x0).copy()
    conjugate_gradient(A, y, iterations=4, x0=x0)
    assert np.array_equal(to_numpy(y), before[0])
    assert np.array_equal(to_numpy(x0), before[1])


@pytest.mark.parametrize("ridge", [-0.1, float("nan"), float("inf")])
def test_ridges_that_make_no_convex_objective_are_refused(ridge):
    with pytest.raises(ValueError, match=r"expected a finite λ ≥ 0"):
        conjugate_gradient(*sense(), ridge=ridge)


@pytest.mark.parametrize("ridge", [None, "0.1", 1j])
def test_ridges_that_are_no_numbers_are_refused(ridge):
    with pytest.raises(TypeError, match=r"expected a number"):
        conjugate_gradient(*sense(), ridge=ridge)
