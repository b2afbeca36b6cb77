"""Bars in the terminal while something long runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def bars() -> Progress:
    """Bars with counts and the time, on standard error, gone when they end."""
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )


@contextmanager
def progress() -> Iterator[Callable[[int, int, str], None]]:
    """One bar: gives the function ``watch(done, total, what)`` that moves it."""
    with bars() as shown:
        task = shown.add_task("")

        def watch(done: int, total: int, what: str) -> None:
            shown.update(task, completed=done, total=total, description=escape(what))

        yield watch
