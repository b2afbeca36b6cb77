"""Callbacks that watch: a history of any metric, and a progress bar."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from csmri.arguments import whole
from csmri.arrays import Array
from solvers.progress import Progress


class Trace:
    """A callback that records objective, gap and metrics every few iterations.

    The records are in ``result.history``, with the seconds spent iterating.

    Parameters
    ----------
    every : int
        Record after this many iterations, and after the first.
    **metrics : callable
        Each a function of the image, ``error=lambda x: ...``, recorded under its name.
    """

    compares = False

    def __init__(self, every: int = 10, **metrics: Callable[[Array], Any]):
        self.every, self.metrics = whole("every", every, 1), metrics

    def __call__(self, progress: Progress) -> None:
        """Record this iteration if it is due."""
        if progress.iteration == 1 or progress.iteration % self.every == 0:
            progress.measure(self.metrics)


class ProgressBar:
    """A callback that shows iterations on the terminal (needs rich, of the extra `app`).

    Parameters
    ----------
    iterations : int
        The most iterations that will be made, times the images of a batch.
    description : str
        What is shown beside the bar.
    """

    compares = False

    def __init__(self, iterations: int, description: str = "Reconstructing"):
        from rich.progress import Progress as Display

        self._display = Display(transient=True)
        self._task = self._display.add_task(description, total=iterations)
        self._lock = Lock()  # images of a batch advance the bar from several threads

    def __enter__(self) -> "ProgressBar":
        self._display.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._display.stop()

    def __call__(self, progress: Progress) -> None:
        """Advance by one iteration."""
        with self._lock:
            self._display.advance(self._task)
