"""The order of axes: how a file without a header may name its own."""

from pathlib import Path
from typing import Any

import numpy as np

from csmri.formats.errors import FileError
from csmri.formats.scan import Scan

NAMES = ("frame", "slice", "coil", "readout", "phase")
"""What an axis may be, in our order; "phase2" is a second phase encoding, in place of a readout."""


def parsed(text: str) -> tuple[str, ...]:
    """Names of axes from a comma-separated list.

    Parameters
    ----------
    text : str
        Such as "coil,phase,readout".

    Returns
    -------
    tuple of str

    Raises
    ------
    FileError
        For names that are not known, that come twice, or without phase and readout.
    """
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    _require_names(names)
    return names


def arranged(
    path: Path,
    kind: str,
    array: np.ndarray,
    axes: tuple[str, ...] | None,
    mask: np.ndarray | None = None,
    **facts: Any,
) -> Scan:
    """A scan from an array whose axes are named, or are ours if they are not.

    Parameters
    ----------
    path, kind : Path, str
        For the provenance.
    array : complex array
        K-space.
    axes : tuple of str, optional
        A name of `NAMES` for every axis of the array. By default the last ones are ours:
        (H, W), (C, H, W), (S, C, H, W) or (F, S, C, H, W).
    mask : bool array, optional
        In our order.
    **facts
        Further fields of `Scan`.
    """
    provenance: dict[str, Any] = {"file": str(path), "kind": kind}
    readout_axis: int | None = -2
    if axes is not None:
        _require_names(axes)
        if len(axes) != array.ndim:
            raise FileError(
                f"{path} holds an array of {array.shape}, got {len(axes)} names of axes "
                f"({', '.join(axes)}); name each of its {array.ndim}"
            )
        rows = "readout" if "readout" in axes else "phase2"
        readout_axis = -2 if rows == "readout" else None
        wanted = [name for name in ("frame", "slice", "coil", rows, "phase") if name in axes]
        array = array.transpose([axes.index(name) for name in wanted])
        if "coil" not in axes:
            array = array[..., None, :, :]
        if "frame" in axes and "slice" not in axes:
            array = array[:, None]
        if tuple(wanted) != axes:
            provenance["steps"] = (f"axes {', '.join(axes)} brought to {', '.join(wanted)}",)
    elif array.ndim == 2:
        array = array[None]
    if not 3 <= array.ndim <= 5:
        raise FileError(
            f"{path} holds an array of {array.shape}, expected 2 to 5 axes: (H, W), (C, H, W), "
            "(S, C, H, W) or (F, S, C, H, W); name them by axes (--axes on the command line), for "
            "instance coil,phase,readout"
        )
    return Scan(array, mask, readout_axis, provenance=provenance, **facts)


def _require_names(names: tuple[str, ...]) -> None:
    known = (*NAMES, "phase2")
    unknown = [name for name in names if name not in known]
    complete = "phase" in names and ("readout" in names) != ("phase2" in names)
    if unknown or not complete or len(set(names)) != len(names):
        raise FileError(
            f"got the axes {', '.join(names) or '(none)'}, expected each once of "
            f"{', '.join(known)}, among them phase and either readout or phase2"
        )
