"""What takes part: a name, the problems it solves, and a way to run n iterations."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, final

OURS, BY_HAND, TOOLKIT = "ours", "by hand", "toolkit"


@final
@dataclass(frozen=True)
class Entrant:
    """One solver of one package.

    Parameters
    ----------
    name : str
        As in the table.
    kind : str
        OURS, BY_HAND or TOOLKIT.
    penalties : tuple of str
        Of "wavelet" and "tv", those that it takes.
    prepare : callable
        From an instance to ``solve(n)``, which makes n iterations from a cold start and returns the
        image. Operators are made, and what compiles is compiled, in `prepare`: off the clock.
    needs : tuple of str
        Modules without which it stays away.
    note : str
        What a reader has to know: steps, and where its problem is another one.
    another_problem : bool
        Whether its problem is not ours, so that it cannot reach our optimum.
    missing : callable, optional
        Says what else is missing, "" where nothing is.
    """

    name: str
    kind: str
    penalties: tuple[str, ...]
    prepare: Callable[[Any], Callable[[int], Any]]
    needs: tuple[str, ...] = ()
    note: str = ""
    another_problem: bool = False
    missing: Callable[[], str] | None = None

    def reason_to_stay_away(self):
        """Why it cannot take part here, "" where it can."""
        absent = [module for module in self.needs if find_spec(module) is None]
        if absent:
            return f"{', '.join(absent)} is not installed"
        return self.missing() if self.missing else ""


def installed_versions(packages):
    """The version of each package that is installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
