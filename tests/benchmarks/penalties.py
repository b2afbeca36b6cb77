"""ADMM's penalty: the adaptive ρ beside every fixed one of a grid."""

from benchmarks.accuracy import timed

from solvers import admm

GRID = tuple(round(0.01 * 10 ** (k / 4), 4) for k in range(13))  # 0.01 … 10


def penalty_costs(instance, best, repetitions, accuracy=1e-4, most=1500):
    """Iterations to the accuracy for each ρ, and the time of the adaptive and of the best run."""
    found, limit = {}, most
    for rho in (None, *GRID):
        found[rho] = iterations_to(instance, best, rho, accuracy, limit)
        if found[rho]:
            limit = min(limit, 4 * found[rho])  # worse than that is not of interest
    adaptive = found.pop(None)
    reached = {rho: n for rho, n in found.items() if n}
    if not reached or not adaptive:
        return {"adaptive": adaptive, "fixed": found, "best fixed": None, "time ratio": None}
    fixed = min(reached, key=reached.__getitem__)
    times = {None: [], fixed: []}
    for _ in range(repetitions + 1):
        for rho, n in ((None, adaptive), (fixed, reached[fixed])):
            times[rho].append(timed(lambda rho=rho, n=n: solved(instance, n, rho))[0])
    return {
        "adaptive": adaptive,
        "fixed": found,
        "best fixed": fixed,
        "iteration ratio": adaptive / reached[fixed],
        "time ratio": min(times[None]) / min(times[fixed]),
    }


def iterations_to(instance, best, rho, accuracy, most):
    """The first iteration within the accuracy, None where there is none."""
    reached = None

    def watch(progress):
        nonlocal reached
        if instance.objective(progress.x) / best - 1 <= accuracy:
            reached = progress.iteration
        return reached is not None

    solved(instance, most, rho, watch)
    return reached


def solved(instance, iterations, rho, callback=None):
    return admm(
        instance.A,
        instance.kspace,
        instance.regularizer,
        iterations=iterations,
        rho=rho,
        callback=callback,
    )
