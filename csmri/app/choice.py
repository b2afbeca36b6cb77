"""From names to methods: those that ship, a user's own function, a user's own weights."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from csmri.app.calling import WANTED, maps_for, said
from csmri.app.methods import MADE, Budget, Method, single
from csmri.app.networks import NETWORKS, own_network, shipped_network
from csmri.app.tuning_record import TuningRecord

METHODS = (
    *list(MADE)[:4],
    "learned-wavelet",
    *list(MADE)[4:],
    "unet",
    "unrolled",
    "refined-unet",
    "refined",
    "refined-long",
    "refined-long-flips",
)
"""Names of the methods that ship, in the order of the table."""

WEIGHTS = ".safetensors"


def methods_named(
    names: Sequence[str], tuning: Sequence[TuningRecord] | None = None
) -> list[Method]:
    """Make the named methods ready.

    Parameters
    ----------
    names : sequence of str
        Each one of `METHODS`; or ``module:function`` of a `csmri.reconstruction.Reconstruct` of
        your own, found beside the working directory or installed; or the path of a network's
        ``.safetensors`` file.
    tuning : sequence of TuningRecord, optional
        What the classical methods were tuned to, instead of what ships.

    Raises
    ------
    ValueError
        For a name that means nothing, none at all, or no function ``f(y, mask, maps=None)``.
    FileNotFoundError, ModuleNotFoundError
        Where weights or what computes with them are missing.
    """
    unknown = [name for name in names if name not in METHODS and not _is_own(name)]
    if unknown or not names:
        raise ValueError(
            f"got the methods {', '.join(unknown) or '(none)'}, expected some of "
            f"{', '.join(METHODS)}, or module:function, or the path of a network's {WEIGHTS} file"
        )
    return _told_apart([_method(name, tuning) for name in dict.fromkeys(names)])


def methods_at_hand(
    tuning: Sequence[TuningRecord] | None = None,
) -> tuple[list[Method], list[str]]:
    """All methods that ship and can run here, and a note on each that cannot."""
    methods: list[Method] = []
    notes: list[str] = []
    for name in METHODS:
        try:
            methods.append(_method(name, tuning))
        except (FileNotFoundError, ModuleNotFoundError) as missing:
            notes.append(f"Left out: {missing}.")
    return methods, notes


def own_function(name: str) -> Method:
    """The `Reconstruct` that ``module:function`` names.

    A function may tell by an attribute ``persons``, a tuple of str, whose images it was made
    ready on, so that it is not judged on them.

    Raises
    ------
    ValueError
        Where there is no such module or no such name in it, the module fails, or the name is
        nothing that can be called as ``f(y, mask, maps=None)``.
    """
    module, _, attribute = name.partition(":")
    if module.endswith(".py"):
        raise ValueError(
            f"got the method {name!r}, expected module:function; write "
            f"{Path(module).stem}:{attribute}, in the folder of the module"
        )
    found = _imported(name, module, attribute)
    if isinstance(found, type) or not callable(found):
        raise ValueError(
            f"got the method {name!r}, which is {_kind(found)}, expected a function {WANTED} or "
            "an object that is called so; make one in the module and name that"
        )
    try:
        maps_for(getattr(found, "solve", found))
    except ValueError as error:
        raise ValueError(f"{name}: {error}; change its arguments") from error
    told = getattr(found, "persons", ())
    persons = (told,) if isinstance(told, str) else tuple(told)  # one name, not its letters
    text = f"your own, made ready on {', '.join(persons)}" if persons else "your own"
    return single(name, attribute, "own", found, budget=Budget(text, persons))


def _method(name: str, tuning: Sequence[TuningRecord] | None) -> Method:
    if name in MADE:
        return MADE[name](tuning)
    if name in NETWORKS:
        return shipped_network(name)
    return own_network(Path(name)) if name.endswith(WEIGHTS) else own_function(name)


def _imported(name: str, module: str, attribute: str) -> Any:
    if "" not in sys.path:
        sys.path.insert(0, "")  # a console script does not look in the working directory
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in module.split("."):
            raise  # the module is there, and misses another
        raise _not_there(name, error) from error
    except Exception as error:
        raise ValueError(
            f"got the method {name!r}, but its module fails: {said(error, module)}; mend it"
        ) from error
    try:
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise _not_there(name, error) from error
    return found


def _not_there(name: str, error: Exception) -> ValueError:
    return ValueError(
        f"got the method {name!r}, but {error}; expected module:function, the module in the "
        "working directory or installed"
    )


def _told_apart(methods: list[Method]) -> list[Method]:
    """The methods, those of a user's own by their whole names where titles would repeat."""
    titles = Counter(method.title for method in methods)
    return [
        replace(method, title=method.name)
        if titles[method.title] > 1 and method.name not in METHODS
        else method
        for method in methods
    ]


def _is_own(name: str) -> bool:
    module, _, attribute = name.partition(":")
    return name.endswith(WEIGHTS) or bool(module and attribute)


def _kind(found: object) -> str:
    return f"the class {found.__name__}" if isinstance(found, type) else f"a {type(found).__name__}"
