"""Libraries of the extra `formats`, imported when a file asks for them."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def needs(library: str, what: str) -> Any:
    """Import a library, or say which extra brings it.

    Raises
    ------
    ModuleNotFoundError
        Where it is not installed.
    """
    if find_spec(library.partition(".")[0]) is None:
        raise ModuleNotFoundError(
            f"{what} need {library.partition('.')[0]}: pip install 'csmri[formats]'", name=library
        )
    return import_module(library)
