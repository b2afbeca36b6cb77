"""How many iterations until an accuracy is true, and until it is proven.

With `Trace(1)` every iterate is certified, which also polishes the dual more often than a user's
run would; ``stop=RelativeGap(...)`` is that user's run.
"""

from statistics import median

from benchmarks.accuracy import timed

from solvers import RelativeGap, Trace, admm

REPETITIONS = 7  # by turns; one more before them warms


def certified_iterations(instance, best, accuracy=1e-3, most=2000):
    """Iterations of `admm` to the accuracy, and the median time that a run with a proof takes."""
    A, y, R = instance.A, instance.kspace, instance.regularizer

    def watch(progress):
        trace(progress)
        return progress.gap() <= accuracy

    trace = Trace(1)
    history = admm(A, y, R, iterations=most, callback=watch).history
    true = first(record.iteration for record in history if record.objective / best - 1 <= accuracy)
    proven = first(record.iteration for record in history if record.gap <= accuracy)
    stop = RelativeGap(accuracy)
    stopped = admm(A, y, R, iterations=most, stop=stop)
    pairs = [
        (
            timed(lambda: admm(A, y, R, iterations=most, stop=stop))[0],
            timed(lambda: admm(A, y, R, iterations=stopped.iterations))[0],
        )
        for _ in range(REPETITIONS + 1)
    ]
    seconds, iterating = (median(times) for times in zip(*pairs[1:], strict=True))
    return {
        "true": true,
        "certified at every iteration": proven,
        "stopped by RelativeGap": stopped.iterations if stopped.converged else None,
        "ratio": proven / true if true and proven else None,
        "seconds with the proof": seconds,
        "share of the proof": 1 - iterating / seconds,
    }


def first(numbers):
    return next(iter(numbers), None)
