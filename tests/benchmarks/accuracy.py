"""Time to an accuracy: runs of several lengths are timed, and judged off the clock.

Solvers are deterministic, so what n iterations reach is found once, on a geometric grid of n. The
runs that bracket an accuracy are then timed again and again, every solver's by turns, so that what
else the machine does falls on all of them alike.
"""

import gc
import os
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np

STALLED = 0.01  # a doubled number of iterations brings less than this: it will not get there
ENOUGH_TO_STALL = 200
CLOCK = perf_counter
FEW = 3  # repetitions of what takes long: its medians are steady


class Point(NamedTuple):
    """What n iterations took and how far above the optimum they end, relative to it."""

    iterations: int
    seconds: float
    distance: float


@dataclass
class Curve:
    """One entrant on one instance."""

    points: list[Point]
    timed: dict[int, list[float]] = field(default_factory=dict)

    def bracket(self, accuracy):
        """The last number of iterations on the grid above the accuracy, and the first below it."""
        before = Point(0, 0.0, np.inf)
        for point in self.points:
            if point.distance <= accuracy:
                return before, point
            before = point
        return None

    def seconds_to(self, accuracy):
        """Interpolated in log(distance) between the bracketing runs; None where not reached."""
        found = self.bracket(accuracy)
        if found is None:
            return None
        before, after = found
        if not before.iterations:
            return self.seconds(after)
        lead = np.log(before.distance / accuracy)
        share = lead / (lead + np.log(accuracy / max(after.distance, 1e-300)))
        return self.seconds(before) + share * (self.seconds(after) - self.seconds(before))

    def iterations_to(self, accuracy):
        """The first number on the grid that reaches it."""
        found = self.bracket(accuracy)
        return None if found is None else found[1].iterations

    def seconds(self, point):
        """The median of the alternated runs, or of the single run where there were none."""
        return median(self.timed.get(point.iterations) or [point.seconds])

    def seconds_an_iteration(self):
        """The slope between the shortest and the longest run that were timed by turns."""
        points = [p for p in self.points if p.iterations in self.timed] or self.points
        first, last = points[0], points[-1]
        if first.iterations == last.iterations:
            return self.seconds(last) / max(last.iterations, 1)
        rise = self.seconds(last) - self.seconds(first)
        return rise / (last.iterations - first.iterations)


def explored(solve, instance, best, accuracies, longest):
    """Run on the grid until all is reached, a run takes too long, or nothing moves."""
    solve(2)  # warm: caches, compiled kernels, thread pools
    points = []
    for n in grid():
        if points and points[-1].seconds > longest / 10 and n < 1.9 * points[-1].iterations:
            continue  # a coarser grid where runs are long
        point = run(solve, instance, best, n)
        points.append(point)
        if point.distance <= min(accuracies) or point.seconds > longest or stalled(points):
            return Curve(points)
    raise AssertionError("the grid has no end")


def run(solve, instance, best, n):
    seconds, x = timed(lambda: solve(n))
    return Point(n, seconds, instance.objective(x) / best - 1)


def timed(function, clock=None):
    """Seconds and result, with no garbage collected on the clock."""
    clock = clock or CLOCK
    gc.disable()
    try:
        since = clock()
        result = function()
        return clock() - since, result
    finally:
        gc.enable()


def processor_seconds():
    """A clock that stands still while others have the processor: of this process and its children.

    For a busy machine, where the time on the wall says little.
    """
    return process_time() + sum(os.times()[2:4])


def grid():
    """1, 2, 3, 4, 6, 8, 11, 16, 23, …: rounded powers of √2."""
    last = 0
    power = 0
    while True:
        n = round(2 ** (power / 2))
        power += 1
        if n != last:
            last = n
            yield n


def stalled(points):
    """Whether twice the iterations came no nearer, late enough to mean it."""
    last = points[-1].iterations
    earlier = [point.distance for point in points if point.iterations <= last / 2]
    if last < ENOUGH_TO_STALL or not earlier:
        return False
    return min(point.distance for point in points) > (1 - STALLED) * min(earlier)


def raced(entrants, instance, best, *, accuracies, repetitions, longest, say=print):
    """The curve of every entrant, its bracketing runs timed by turns."""
    curves, solves = {}, {}
    for entrant in entrants:
        solves[entrant.name] = entrant.prepare(instance)
        curve = explored(solves[entrant.name], instance, best, accuracies, longest)
        curves[entrant.name] = curve
        last = curve.points[-1]
        reached = f"{last.distance:.1e} after {last.iterations} in {last.seconds:.3g} s"
        say(f"    {entrant.name}: {reached}")
    for repetition in range(repetitions):
        for entrant in entrants:
            curve, solve = curves[entrant.name], solves[entrant.name]
            if repetition >= FEW and curve.points[-1].seconds > longest / 4:
                continue
            for n in wanted(curve, accuracies):
                curve.timed.setdefault(n, []).append(timed(partial(solve, n))[0])
    return curves


def wanted(curve, accuracies):
    """The runs that bracket the accuracies, and a short one for the slope."""
    chosen = set()
    for accuracy in accuracies:
        found = curve.bracket(accuracy)
        chosen |= {point.iterations for point in found or () if point.iterations}
    if not chosen:
        return [point.iterations for point in curve.points if point.iterations in (2, 16)]
    short = [point.iterations for point in curve.points if point.iterations <= max(chosen) // 4]
    return sorted(chosen | set(short[-1:]))
