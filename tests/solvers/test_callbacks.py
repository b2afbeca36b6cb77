"""What callbacks see, and what traces and progress bars keep of it."""

from itertools import pairwise

import numpy as np
import pytest
from cases import batch_of_points as batch
from cases import points_problem as problem

from csmri.arrays import to_numpy
from csmri.operators import FiniteDifferences
from csmri.regularizers import Ridge
from solvers import (
    ProgressBar,
    RelativeGap,
    Trace,
    fista,
    primal_dual,
)

# ---- callbacks


@pytest.mark.parametrize("true", [True, np.bool_(True)])
def test_a_callback_stops_by_returning_true(xp, true):
    result = fista(*problem(xp), iterations=50, callback=lambda p: true if p.iteration == 7 else 0)
    assert result.iterations == 7
    assert result.converged is False


@pytest.mark.parametrize("answer", [None, False, 1, "stop", np.ones(3)])
def test_whatever_else_a_callback_returns_does_not_stop(answer):
    assert fista(*problem(), iterations=4, callback=lambda p: answer).iterations == 4


def test_a_callback_sees_every_iteration(xp):
    seen = []

    def watch(progress):
        seen.append((progress.iteration, progress.x, progress.x_previous, progress.seconds))
        assert progress.image == ()
        assert progress.dual is None

    result = fista(*problem(xp), iterations=5, callback=watch)
    assert [iteration for iteration, *_ in seen] == [1, 2, 3, 4, 5]
    assert seen[0][2] is None
    for (_, x, _, _), (_, _, x_previous, _) in pairwise(seen):
        assert x is x_previous
    assert seen[-1][1] is result.x
    seconds = [s for *_, s in seen]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_a_callback_sees_the_dual_of_primal_dual(xp):
    shapes = []
    primal_dual(
        *problem(xp, "TV"),
        iterations=2,
        callback=lambda progress: shapes.append(tuple(progress.dual.shape)),
    )
    assert shapes == [(2, 8, 8)] * 2


def test_measuring_twice_measures_once():
    def watch(progress):
        first = progress.objective()
        assert progress.objective() == first
        assert progress.gap() == progress.measure().gap

    result = fista(*problem(), iterations=3, callback=watch)
    assert [record.iteration for record in result.history] == [1, 2, 3]


def test_each_image_of_a_numpy_batch_is_watched_alone():
    seen = []
    result = fista(*batch(), iterations=2, callback=lambda p: seen.append((p.image, p.iteration)))
    assert sorted(seen) == [((i,), k) for i in range(3) for k in (1, 2)]
    assert result.iterations.tolist() == [2, 2, 2]


def test_a_callback_stops_the_image_it_is_called_for():
    result = fista(*batch(), iterations=9, callback=lambda p: p.iteration > p.image[0])
    assert result.iterations.tolist() == [1, 2, 3]


def test_an_error_in_a_callback_reaches_the_caller():
    def fail(progress):
        raise RuntimeError("from the callback")

    for data in (problem(), batch()):
        with pytest.raises(RuntimeError, match="from the callback"):
            fista(*data, iterations=2, callback=fail)


# ---- traces


def test_a_trace_records_objective_gap_and_metrics(xp):
    trace = Trace(every=4, size=lambda x: float(np.linalg.norm(to_numpy(x))))
    result = fista(*problem(xp), iterations=10, callback=trace)
    assert [record.iteration for record in result.history] == [1, 4, 8]
    for record in result.history:
        assert record.objective >= result.objective - 1e-9
        assert record.gap >= 0
        assert record.seconds > 0
    gaps = [record.gap for record in result.history]
    assert gaps == sorted(gaps, reverse=True)
    assert result.history[0].metrics.keys() == {"size"}
    assert result.history[0].metrics["size"] > 0


def test_a_trace_and_a_rule_share_their_records():
    result = fista(*problem(), iterations=500, stop=RelativeGap(1e-6, every=5), callback=Trace(5))
    iterations = [record.iteration for record in result.history]
    assert iterations == sorted(set(iterations))
    assert {1, 5, 10} <= set(iterations)


def test_a_trace_of_a_numpy_batch_keeps_a_history_an_image():
    result = fista(*batch(), iterations=4, callback=Trace(2))
    assert [[record.iteration for record in history] for history in result.history] == [
        [1, 2, 4]
    ] * 3
    for i, history in enumerate(result.history):
        assert history[-1].objective == pytest.approx(result.objective[i], rel=1e-12)


def test_a_trace_of_a_batch_solved_together_holds_arrays():
    torch = pytest.importorskip("torch")
    result = fista(*batch(torch), iterations=4, callback=Trace(2))
    assert [record.iteration for record in result.history] == [1, 2, 4]
    assert result.history[-1].objective == pytest.approx(result.objective, rel=1e-12)
    assert result.history[-1].gap.shape == (3,)


def test_a_trace_where_nothing_is_proven_has_no_gap():
    A, y, _ = problem()
    R = Ridge(0.5) @ FiniteDifferences()
    result = primal_dual(A, y, R, iterations=2, callback=Trace(1))
    assert [record.gap for record in result.history] == [None, None]
    assert all(record.objective > 0 for record in result.history)


@pytest.mark.parametrize(
    ("every", "error"), [(0, ValueError), (-2, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_traces_record_after_a_whole_number_of_iterations(every, error):
    with pytest.raises(error, match=r"got every.*at least 1"):
        Trace(every)


def test_a_progress_bar_counts_the_iterations_of_all_images():
    pytest.importorskip("rich")
    with ProgressBar(3 * 4) as bar:
        fista(*batch(), iterations=4, callback=bar)
        (task,) = bar._display.tasks
        assert task.completed == task.total == 12
