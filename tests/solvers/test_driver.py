"""The driver: what a result holds, what callbacks see, and how batches are shared out."""

import threading
import time

import numpy as np
import pytest
from cases import batch_of_points as batch
from cases import points_problem as problem
from properties import assert_close

from csmri.arrays import array_namespace, to_numpy
from csmri.operators import FiniteDifferences, MaskedFourier
from csmri.regularizers import GroupL1, Ridge
from solvers import (
    RelativeGap,
    Trace,
    conjugate_gradient,
    fista,
    ista,
    pogm,
    primal_dual,
)
from solvers.driver import thread_count
from solvers.problem import Problem

# ---- results


def test_a_result_holds_what_was_found(xp):
    A, y, R = problem(xp)
    result = fista(A, y, R, iterations=20)
    assert array_namespace(result.x) is array_namespace(y)
    assert result.iterations == 20
    assert result.converged is False
    assert result.history == ()
    assert isinstance(result.objective, float)
    assert isinstance(result.gap, float)
    assert result.dual is None
    residual = np.linalg.norm(to_numpy(A(result.x)) - to_numpy(y))
    expected = residual**2 / 2 + float(R.value(result.x))
    assert result.objective == pytest.approx(expected, rel=1e-12)


def test_a_gap_measured_at_the_end_is_the_results(monkeypatch):
    A, y, R = problem()
    result = fista(A, y, R, iterations=500, stop=RelativeGap(1e-3))
    assert result.converged
    monkeypatch.setattr(Problem, "certify", lambda *_: pytest.fail("computed again"))
    assert result.gap == result.history[-1].gap <= 1e-3
    assert result.objective == result.history[-1].objective


def test_a_batch_keeps_the_best_bound_of_each_image():
    A, y, R = batch()
    traced = pogm(A, y, R, iterations=25, callback=Trace(3))
    for i, gap in enumerate(traced.gap):
        alone = pogm(A, y[i], R, iterations=25, callback=Trace(3))
        assert gap == pytest.approx(alone.gap, rel=1e-6)
        bounds = [record.objective * (1 - record.gap) for record in traced.history[i]]
        assert traced.objective[i] * (1 - gap) >= max(bounds) * (1 - 1e-9)


def test_results_of_a_batch_keep_no_more_than_they_need():
    A, y, R = batch()
    result = fista(A, y, R, iterations=20)
    gaps = result.gap
    for part, image, own, gap in zip(result.parts, result.x, y, gaps, strict=True):
        assert np.shares_memory(part.x, result.x)
        np.testing.assert_array_equal(part.x, image)
        assert gap == pytest.approx(fista(A, own, R, iterations=20).gap, rel=1e-6)
    result = fista(A, y, R, iterations=20)
    assert not any("zero_filled" in vars(part.problem.f) for part in result.parts)


def test_a_result_of_a_batch_holds_arrays(xp):
    result = fista(*batch(xp), iterations=20)
    assert tuple(result.x.shape) == (3, 8, 8)
    for values in (result.objective, result.gap, result.converged):
        assert isinstance(values, np.ndarray)
        assert values.shape == (3,)
    assert np.max(result.iterations) == 20
    assert result.objective[0] < result.objective[1] < result.objective[2]


def test_a_result_writes_the_objective_it_minimised():
    text = repr(fista(*problem(), iterations=20))
    assert text.startswith("FISTA: min ½‖A x − y‖² + R(x), R = L1(0.6)")
    assert "20 iterations, objective " in text
    assert "gap ≤ " in text
    assert repr(ista(*problem(), iterations=1)).startswith("ISTA: ")
    A, y, _ = problem()
    assert "R = Ridge(0.5)" in repr(conjugate_gradient(A, y, ridge=0.5))
    unproven = repr(primal_dual(A, y, Ridge(0.5) @ FiniteDifferences(), iterations=1))
    assert unproven.startswith("Primal-dual: min ")
    assert unproven.endswith("no proof of the gap")
    assert "20 iterations" in repr(fista(*batch(), iterations=20))


def test_a_result_cannot_be_changed():
    result = fista(*problem(), iterations=1)
    with pytest.raises(AttributeError):
        result.iterations = 5


def test_no_iteration_returns_the_start(xp):
    A, y, R = problem(xp)
    result = fista(A, y, R, iterations=0)
    assert_close(result.x, A.adjoint(y), 1e-15)
    assert result.iterations == 0
    assert result.converged is False
    assert result.objective > 0


def test_a_batch_of_no_images_gives_none():
    A, y, R = problem()
    result = fista(A, np.empty((0, *y.shape), complex), R, iterations=3)
    assert result.x.shape == (0, 8, 8)
    assert repr(result).endswith("; no image")
    assert result.converged.shape == (0,)


@pytest.mark.parametrize(
    ("iterations", "error"),
    [(-1, ValueError), (1.0, TypeError), (True, TypeError), ("10", TypeError), (None, TypeError)],
)
def test_iterations_are_a_whole_number(iterations, error):
    for solver in (ista, fista, primal_dual):
        with pytest.raises(error, match=r"got iterations.*at least 0"):
            solver(*problem(), iterations=iterations)


def test_the_same_call_gives_the_same_bits():
    for solver in (ista, fista, primal_dual):
        first, second = (solver(*batch(), iterations=9) for _ in range(2))
        assert first.x.tobytes() == second.x.tobytes()
        assert first.objective.tobytes() == second.objective.tobytes()


# ---- threads


def test_threads_are_the_cores_or_what_is_asked_for(monkeypatch):
    monkeypatch.delenv("CSMRI_THREADS", raising=False)
    assert thread_count() >= 1
    monkeypatch.setenv("CSMRI_THREADS", "3")
    assert thread_count() == 3
    for wrong in ("0", "-1", "many", "1.5"):
        monkeypatch.setenv("CSMRI_THREADS", wrong)
        with pytest.raises(ValueError, match=r"CSMRI_THREADS is .*whole number of at least 1"):
            thread_count()


def test_one_thread_and_several_give_the_same_bits(monkeypatch):
    results = []
    for threads in ("1", "3"):
        monkeypatch.setenv("CSMRI_THREADS", threads)
        results.append(fista(*batch(), iterations=12, shifts=1).x.tobytes())
    assert results[0] == results[1]


def test_images_of_a_numpy_batch_run_in_several_threads(monkeypatch):
    monkeypatch.setenv("CSMRI_THREADS", "3")
    together = threading.Barrier(3, timeout=30)  # passes only where all three run at once
    fista(*batch(), iterations=1, callback=lambda progress: together.wait() and None)
    assert not together.broken


@pytest.mark.parametrize("threads", ["1", "2"])
def test_an_error_in_one_image_ends_the_batch(monkeypatch, threads):
    monkeypatch.setenv("CSMRI_THREADS", threads)
    A, y, R = problem(np)
    begun = []

    def fails(progress):
        begun.append(progress.image)
        time.sleep(0.02)  # so that the calling thread can wake and call off what waits
        if len(begun) > 3:
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        fista(A, np.stack(40 * [y]), R, iterations=1, callback=fails)
    assert len(begun) < 20


def test_a_batch_of_one_keeps_its_axis(xp):
    A, y, R = problem(xp)
    result = fista(A, y[None, ...], R, iterations=3)
    assert tuple(result.x.shape) == (1, 8, 8)
    assert result.objective.shape == (1,)


def test_kspace_errors_come_before_any_iteration():
    A, y, R = problem()
    bad = y.copy()
    bad[2, 3] = np.nan
    for solver in (ista, fista, primal_dual):
        with pytest.raises(ValueError, match=r"not finite, the first at index \(2, 3\)"):
            solver(A, bad, R)
        with pytest.raises(ValueError, match=r"nonzero samples where the mask says"):
            solver(A, y + 1, R)
        with pytest.raises(TypeError, match="expected a LinearOperator"):
            solver(A.mask, y, R)


def test_a_mask_of_another_library_is_brought_along():
    torch = pytest.importorskip("torch")
    A, y, R = problem()
    here = fista(A, y, R, iterations=10)
    there = fista(MaskedFourier(A.mask), torch.asarray(y), R, iterations=10)
    assert isinstance(there.x, torch.Tensor)
    assert_close(there.x, here.x, 1e-12)


def test_a_regularizer_that_couples_the_images_of_a_batch_is_refused(xp):
    A, y, _ = batch(xp)
    for solver in (ista, fista, primal_dual):
        with pytest.raises(ValueError, match=r"values of shape \(\) for .* expected \(\d,\), one"):
            solver(A, y, 0.1 * GroupL1())
