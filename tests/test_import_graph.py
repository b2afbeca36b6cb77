"""The house stands: an import points down its floors, a library is named only in its rooms."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("csmri", "solvers", "learned")

# From the ground up. A room may import itself and every floor below its own.
FLOORS = (
    {"csmri.arguments", "csmri.arrays", "csmri.randomness"},
    {"csmri.conjugate_gradients", "csmri.kernels"},
    {"csmri.operators"},
    {
        "csmri.baselines",
        "csmri.calibration",
        "csmri.datasets",
        "csmri.fidelity",
        "csmri.formats",
        "csmri.masks",
        "csmri.metrics",
        "csmri.phantoms",
        "csmri.reconstruction",
        "csmri.regularizers",
        "csmri.statistics",
    },
    # A bound on a weight, and data as a constraint, know the data term and the regularizers.
    {"csmri.constraints", "csmri.weights"},
    {"csmri"},  # the front door, csmri/__init__.py, which only hands on names
    {"solvers"},
    {"learned"},  # an unrolled network may begin where a solver stopped
    {"csmri.app"},
    {"csmri.__main__"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Where each library may be named; a prefix of the module's dotted name.
LIBRARIES = {
    "numpy": PACKAGES,
    "scipy": PACKAGES,
    "array_api_compat": PACKAGES,
    "pywt": ("csmri.operators",),
    "torch": ("learned", "csmri.kernels.torch_"),
    "safetensors": ("learned",),
    "cupy": ("csmri.kernels",),
    "cupyx": ("csmri.kernels",),  # comes with cupy
    "numba": ("csmri.kernels",),
    "llvmlite": ("csmri.kernels",),  # comes with numba
    "mkl_fft": ("csmri.kernels",),
    "h5py": ("csmri.formats",),
    "ismrmrd": ("csmri.formats",),
    "nibabel": ("csmri.formats",),
    "pydicom": ("csmri.formats",),
    "matplotlib": ("csmri.app",),
    "rich": ("csmri.app", "solvers.trace"),  # a progress bar is a callback of the solvers
    "typer": ("csmri.app",),
    "distributed": ("csmri.app",),
}


def module_name(path: Path) -> str:
    """Give the dotted name of a source file: csmri/operators/coils.py is csmri.operators.coils."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Give the room a module lies in: csmri.operators for csmri.operators.coils."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "csmri" else parts[0]


def imported_modules(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Yield what the source imports, anywhere in it and lazily too, as dotted names.

    A name taken from a package is yielded as package.name, which is a module or a thing in it.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                if level:
                    parents = module.split(".")
                    parents = parents[: len(parents) - level + is_package]
                    origin = ".".join([*parents, *([origin] if origin else [])])
                yield from (f"{origin}.{alias.name}" for alias in names)
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                called = getattr(function, "attr", getattr(function, "id", None))
                if called in ("import_module", "__import__"):
                    yield name


def library_of(imported: str) -> str:
    parts = imported.split(".")
    if parts[0] == "array_api_compat" and len(parts) > 1 and parts[1] in LIBRARIES:
        return parts[1]  # array_api_compat.torch imports torch
    return parts[0]


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """List what a module imports against the floors or outside the rooms of a library."""
    room = room_of(module)
    if room not in FLOOR_OF:
        return [f"{module} lies in {room}, which has no floor; add it to FLOORS"]
    found = []
    for imported in imported_modules(source, module, is_package):
        library = library_of(imported)
        if library in PACKAGES:
            target = room_of(imported)
            if target not in FLOOR_OF:  # a name that csmri/__init__.py hands on
                target = "csmri"
            if target != room and FLOOR_OF[target] >= FLOOR_OF[room]:
                found.append(f"{module} imports {imported}, which does not lie below {room}")
        elif library in LIBRARIES:
            if not module.startswith(LIBRARIES[library]):
                rooms = ", ".join(LIBRARIES[library])
                found.append(f"{module} imports {imported}; {library} may be named only in {rooms}")
        elif library not in sys.stdlib_module_names:
            found.append(f"{module} imports {imported}, which no extra declares")
    return found


SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_down(path):
    source = path.read_text(encoding="utf-8")
    assert violations(source, module_name(path), path.name == "__init__.py") == []


def test_every_package_is_looked_at():
    assert {module_name(path).split(".")[0] for path in SOURCES} == set(PACKAGES)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("csmri.operators.coils", "from csmri.regularizers.l1 import L1"),
        ("csmri.operators.coils", "from csmri import L1"),
        ("csmri.operators.coils", "from csmri import masks"),
        ("csmri.operators.coils", "import csmri"),
        ("csmri.kernels.agnostic", "from csmri.operators import Wavelet"),
        ("csmri.fidelity", "from csmri.regularizers import L1"),
        ("csmri.masks", "def lazily():\n    from solvers import fista"),
        ("csmri.masks", "from .app import comparison"),
        ("csmri.operators.coils", "from ..regularizers import L1"),
        ("solvers.fista", "from learned import UNet"),
        ("solvers.admm", "import learned.unrolled"),
        ("learned.training", "from csmri.app import methods"),
        ("csmri", "from csmri.app import methods"),
    ],
)
def test_an_import_upward_or_sideways_is_found(module, source):
    (found,) = violations(source, module)
    assert "does not lie below" in found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("csmri.arrays", "import torch"),
        ("csmri.app.methods", "def lazily():\n    from torch import nn"),
        ("csmri.kernels.agnostic", "from array_api_compat import torch"),
        ("solvers.driver", "import importlib\nimportlib.import_module('cupy.fft')"),
        ("csmri.operators.fourier", "import mkl_fft"),
        ("learned.unet", "import numba"),
        ("csmri.metrics", "import matplotlib.pyplot as plt"),
    ],
)
def test_a_library_outside_its_rooms_is_found(module, source):
    (found,) = violations(source, module)
    assert "may be named only in" in found


def test_a_library_that_only_the_tests_install_is_found():
    assert violations("import skimage", "csmri.metrics") == [
        "csmri.metrics imports skimage, which no extra declares"
    ]


def test_a_room_without_a_floor_is_found():
    (found,) = violations("", "csmri.attic.boxes")
    assert "csmri.attic, which has no floor" in found


def test_imports_downward_and_at_home_are_free():
    source = (
        "import csmri\nfrom csmri import L1, masks\nfrom solvers.driver import solve\nimport math"
    )
    assert violations(source, "solvers.fista") == []
    assert violations("from .base import LinearOperator", "csmri.operators.coils") == []
    assert violations("from . import driver", "solvers", is_package=True) == []
    assert violations("import solvers, learned\nfrom csmri import masks", "csmri.app.methods") == []
    assert violations("import torch", "csmri.kernels.torch_fused") == []
