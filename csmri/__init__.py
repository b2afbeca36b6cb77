"""csmri: compressed-sensing MRI, from masks and operators to images.

    A = MaskedFourier(mask)                                   # images to k-space
    result = solvers.fista(A, y, 0.01 * (L1() @ Wavelet("db4")))
    result.x, result.gap

Operators compose with ``@``, regularizers are weighed with ``*``, composed with ``@`` and added
with ``+``. Solvers live in the package `solvers`, networks in `learned`.
"""

from importlib import import_module
from typing import Any

from csmri.fidelity import LeastSquares
from csmri.operators import (
    Coils,
    CoilSets,
    FiniteDifferences,
    Fourier,
    Frames,
    Identity,
    LinearOperator,
    MaskedFourier,
    Sampling,
    TemporalDifferences,
    TemporalFourier,
    UndecimatedWavelet,
    Wavelet,
)
from csmri.regularizers import L1, GroupL1, NuclearNorm, Regularizer, TotalVariation

__version__ = "0.1.0"

ROOMS = (
    "baselines",
    "calibration",
    "constraints",
    "datasets",
    "formats",
    "masks",
    "metrics",
    "phantoms",
    "reconstruction",
    "statistics",
    "weights",
)

__all__ = [
    "L1",
    "CoilSets",
    "Coils",
    "FiniteDifferences",
    "Fourier",
    "Frames",
    "GroupL1",
    "Identity",
    "LeastSquares",
    "LinearOperator",
    "MaskedFourier",
    "NuclearNorm",
    "Regularizer",
    "Sampling",
    "TemporalDifferences",
    "TemporalFourier",
    "TotalVariation",
    "UndecimatedWavelet",
    "Wavelet",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import a room when it is first entered: ``csmri.masks`` needs no import of its own."""
    if name in ROOMS:
        return import_module(f"csmri.{name}")
    raise AttributeError(f"module 'csmri' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*__all__, *ROOMS))
