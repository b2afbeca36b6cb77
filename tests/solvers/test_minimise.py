"""The front door picks a solver that fits, says which and why, and reaches the optimum."""

import numpy as np
import pytest
from cases import case
from properties import random_complex

from csmri.operators import FiniteDifferences, LinearOperator
from csmri.regularizers import Ridge, TotalVariation
from solvers import RelativeChange, RelativeGap, admm, minimise, nested, primal_dual


@pytest.mark.parametrize(
    ("c", "solver"),
    [
        (case("TV", sampling="points", weight=0.1), "ADMM"),
        (case("haar", weight=0.3), "ADMM"),
        (case("haar", coils=3), "POGM"),
        (case("TV", coils=3, weight=0.1), "ADMM"),
        (case("TV Neumann", weight=0.1), "ADMM"),
        (case("TV Neumann", coils=3, weight=0.1), "ADMM"),
    ],
)
def test_the_fastest_solver_that_fits_is_chosen_and_named(c, solver):
    result = minimise(*c.problem())
    assert result.converged
    assert result.choice.startswith(f"{solver}: ")
    assert result.objective == pytest.approx(c.optimum.value, rel=2e-3)


def test_several_coils_get_the_solver_that_is_there_first_where_no_proof_is_asked_for():
    c = case("TV", coils=3, weight=0.1)
    result = minimise(*c.problem(), stop=RelativeChange(1e-6))
    assert result.choice.startswith("Nested FISTA: ")
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-5)


def test_a_proven_gap_is_reached_where_there_is_a_proof():
    c = case("TV", sampling="points", weight=0.1)
    assert minimise(*c.problem()).gap <= 1e-3
    assert minimise(*c.problem(), stop=RelativeGap(1e-6)).gap <= 1e-6


def test_without_a_proof_the_result_says_what_decided():
    A, y, _ = case("TV", coils=3).problem()
    result = minimise(A, y, Ridge(0.1) @ FiniteDifferences())
    assert result.gap is None
    assert "no proof" in result.choice


def test_an_operator_of_which_nothing_is_known_gets_the_primal_dual_method():
    class Blur(LinearOperator):
        def __call__(self, x):
            return (x + np.roll(x, 1, axis=-1)) / 2

        def adjoint(self, y):
            return (y + np.roll(y, -1, axis=-1)) / 2

        def norm_bound(self):
            return 1.0

    y = Blur()(np.ones((8, 8), complex))
    result = minimise(Blur(), y, 0.01 * TotalVariation(periodic=False), iterations=20, stop=None)
    assert result.choice.startswith("Primal-dual: ")


class Matrix(LinearOperator):
    """Images of 6 × 5 to 20 numbers, which lie as (4, 5) or (1, 20)."""

    def __init__(self, shape):
        self.shape = shape
        self.matrix = random_complex(np, (20, 30), dtype="complex128") / 8

    def __call__(self, x):
        return (x.reshape(-1, 30) @ self.matrix.T).reshape(*x.shape[:-2], *self.shape)

    def adjoint(self, y):
        return (y.reshape(-1, 20) @ self.matrix.conj()).reshape(*y.shape[:-2], 6, 5)

    def norm_bound(self):
        return float(np.linalg.norm(self.matrix, 2))


@pytest.mark.parametrize("shape", [(4, 5), (1, 20)])
@pytest.mark.parametrize("solver", [minimise, admm, nested, primal_dual])
def test_data_need_not_be_shaped_like_the_image(shape, solver):
    A = Matrix(shape)
    y = A(random_complex(np, (6, 5), seed=1, dtype="complex128"))
    result = solver(A, y, 0.05 * TotalVariation(), iterations=3000, stop=RelativeGap(1e-3))
    assert result.converged
    assert result.x.shape == (6, 5)
