"""From names to methods: those that ship, a user's own function, a user's own weights."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from csmri.app.methods import MADE, Budget, Method, single
from csmri.app.networks import NETWORKS, own_network, shipped_network

METHODS = (
    *list(MADE)[:4],
    "learned-wavelet",
    *list(MADE)[4:],
    "unet",
    "unrolled",
    "refined",
    "refined-flips",
)
"""Names of the methods that ship, in the order of the table."""

WEIGHTS = ".safetensors"


def methods_named(names: Sequence[str]) -> list[Method]:
    """Make the named methods ready.

    Parameters
    ----------
    names : sequence of str
        Each one of `METHODS`; or ``module:function`` of a `csmri.reconstruction.Reconstruct` of
        your own, found beside the working directory or installed; or the path of a network's
        ``.safetensors`` file.

    Raises
    ------
    ValueError
        For a name that means nothing, or none at all.
    TypeError
        Where ``module:function`` is nothing to call.
    FileNotFoundError, ModuleNotFoundError
        Where weights or what computes with them are missing.
    """
    unknown = [name for name in names if name not in METHODS and not _is_own(name)]
    if unknown or not names:
        raise ValueError(
            f"got the methods {', '.join(unknown) or '(none)'}, expected some of "
            f"{', '.join(METHODS)}, or module:function, or the path of a network's {WEIGHTS} file"
        )
    return [_method(name) for name in dict.fromkeys(names)]


def methods_at_hand() -> tuple[list[Method], list[str]]:
    """All methods that ship and can run here, and a note on each that cannot."""
    methods: list[Method] = []
    notes: list[str] = []
    for name in METHODS:
        try:
            methods.append(_method(name))
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
        Where there is no such module or no such name in it.
    TypeError
        Where it cannot be called, or is a class.
    """
    module, _, attribute = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # a console script does not look in the working directory
    try:
        found = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name not in module.split("."):
            raise  # the module is there, and misses another
        raise ValueError(
            f"got the method {name!r}, but {error}; expected module:function, the module in the "
            "working directory or installed"
        ) from error
    if isinstance(found, type) or not callable(found):
        raise TypeError(
            f"got the method {name!r}, which is {_kind(found)}, expected a function "
            "(y, mask, maps) or an object that is called so; make one in the module and name that"
        )
    persons = tuple(getattr(found, "persons", ()))
    text = f"your own, made ready on {', '.join(persons)}" if persons else "your own"
    return single(name, attribute, "own", found, budget=Budget(text, persons))


def _method(name: str) -> Method:
    if name in MADE:
        return MADE[name]()
    if name in NETWORKS:
        return shipped_network(name)
    return own_network(Path(name)) if name.endswith(WEIGHTS) else own_function(name)


def _is_own(name: str) -> bool:
    module, _, attribute = name.partition(":")
    return name.endswith(WEIGHTS) or bool(module and attribute)


def _kind(found: object) -> str:
    return f"the class {found.__name__}" if isinstance(found, type) else f"a {type(found).__name__}"
