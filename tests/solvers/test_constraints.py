"""The data as a constraint: met, proven, and against an independent optimum."""

import numpy as np
import pytest
from properties import random_complex, random_mask
from reference import difference_matrix, measured, measurement_matrix
from scipy.optimize import minimize

from csmri.constraints import Equality, NoiseBound
from csmri.operators import MaskedFourier, Wavelet
from csmri.regularizers import L1, TotalVariation
from solvers import RelativeGap, admm, primal_dual

SHAPE = (8, 8)


def problem(seed=0, fraction=0.6):
    mask = random_mask(np, SHAPE, fraction=fraction, seed=seed)
    A = MaskedFourier(mask)
    return A, A(random_complex(np, SHAPE, seed=seed + 1)), mask


@pytest.mark.parametrize("solver", [admm, primal_dual])
@pytest.mark.parametrize("R", [TotalVariation(), L1() @ Wavelet("haar", levels=2)])
@pytest.mark.parametrize("fidelity", [Equality, NoiseBound(1.5)])
def test_constraints_are_met_and_the_gap_is_proven(solver, R, fidelity):
    A, y, _ = problem()
    iterations = {admm: 3000, primal_dual: 20000}[solver]
    result = solver(A, y, R, fidelity=fidelity, iterations=iterations, stop=RelativeGap(1e-5))
    error = np.linalg.norm(A(result.x) - y)
    radius = fidelity.radius if isinstance(fidelity, NoiseBound) else 0.0
    assert error <= radius + 1e-6 * np.linalg.norm(y)
    assert result.converged
    assert 0 <= result.gap <= 1e-5


def test_both_solvers_find_the_same_least_total_variation():
    A, y, _ = problem(3)
    R = TotalVariation()
    first = admm(A, y, R, fidelity=Equality, iterations=4000, stop=RelativeGap(1e-8))
    second = primal_dual(A, y, R, fidelity=Equality, iterations=20000, stop=RelativeGap(1e-6))
    assert first.objective == pytest.approx(second.objective, rel=2e-6)


def test_the_least_total_variation_is_that_of_an_independent_smoothing_method():
    A, y, mask = problem(5)
    result = admm(A, y, TotalVariation(), fidelity=Equality, iterations=4000)
    matrix, data = measurement_matrix(mask, SHAPE), measured(y, mask)
    K = difference_matrix(SHAPE)
    _, singular, basis = np.linalg.svd(matrix)
    free = basis[len(singular) :].conj().T  # A x = y leaves these directions
    particular = np.linalg.pinv(matrix) @ data

    def smoothed(parameters, epsilon):
        c = parameters[: free.shape[1]] + 1j * parameters[free.shape[1] :]
        d = K @ (particular + free @ c)
        half = d.size // 2
        modulus = np.sqrt(abs(d[:half]) ** 2 + abs(d[half:]) ** 2 + epsilon**2)
        slope = free.conj().T @ (K.conj().T @ (d / np.concatenate([modulus, modulus])))
        return modulus.sum(), np.concatenate([slope.real, slope.imag])

    start = np.zeros(2 * free.shape[1])
    for epsilon in (1e-1, 1e-2, 1e-3, 1e-4):
        found = minimize(
            smoothed, start, (epsilon,), jac=True, options={"maxiter": 3000, "gtol": 1e-9}
        )
        start = found.x
    exact = smoothed(start, 0.0)[0]
    assert result.objective <= exact * (1 + 1e-9)
    assert result.objective == pytest.approx(exact, rel=1e-3)
    assert result.objective * (1 - result.gap) <= exact


def test_a_noise_bound_is_used_up():
    A, y, _ = problem()
    result = admm(A, y, TotalVariation(), fidelity=NoiseBound(1.5), iterations=2000)
    assert np.linalg.norm(A(result.x) - y) == pytest.approx(1.5, rel=1e-8)


def test_an_image_that_breaks_the_constraint_costs_infinity():
    A, y, _ = problem()
    f = Equality(A, y)
    assert f.value(f.zero_filled) == 0
    assert f.value(2 * f.zero_filled) == np.inf


def test_constraints_that_cannot_be_solved_are_refused():
    A, y, mask = problem()
    for radius in (0, -1, np.inf):
        with pytest.raises(ValueError, match="positive finite"):
            NoiseBound(radius)
    maps = random_complex(np, (2, *SHAPE))
    S = MaskedFourier(mask, maps)
    with pytest.raises(ValueError, match="AᴴA is a projection"):
        admm(S, S(random_complex(np, SHAPE)), TotalVariation(), fidelity=Equality)
    with pytest.raises(ValueError, match="diagonal in Fourier space"):
        admm(A, y, TotalVariation(periodic=False), fidelity=Equality)


@pytest.mark.parametrize("fidelity", ["equality", None, NoiseBound])
def test_what_is_no_fidelity_is_refused(fidelity):
    A, y, _ = problem()
    for solver in (admm, primal_dual):
        with pytest.raises(TypeError, match=r"got fidelity=.*, expected LeastSquares, .*Equality"):
            solver(A, y, TotalVariation(), fidelity=fidelity)


def test_exact_recovery_from_radial_lines():
    """Candès, Romberg and Tao's experiment, at a quarter of its size."""
    from csmri import masks, phantoms

    truth = phantoms.shepp_logan(64, dtype=np.float64)
    A = MaskedFourier(masks.radial_lines((64, 64), 22))
    y = A(truth)
    linear = np.linalg.norm(A.adjoint(y) - truth) / np.linalg.norm(truth)
    result = admm(A, y, TotalVariation(), fidelity=Equality, iterations=800)
    assert linear > 0.1
    assert np.linalg.norm(result.x - truth) / np.linalg.norm(truth) < 1e-10
