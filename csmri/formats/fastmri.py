"""fastMRI's HDF5 files: "kspace" with slices first, "ismrmrd_header", perhaps "mask"."""

from pathlib import Path
from typing import Any

import numpy as np

from csmri.formats import hdf5
from csmri.formats.arrays import as_mask, as_noise
from csmri.formats.errors import FileError
from csmri.formats.extras import needs
from csmri.formats.header import Header, parsed
from csmri.formats.ismrmrd_xml import header_xml
from csmri.formats.scan import LazyKSpace, Scan
from csmri.formats.writing import replacing

ATTRIBUTES = ("acquisition", "patient_id", "acceleration", "num_low_frequency")

MOST_EMPTY = 0.005
"""The share of columns that may be zero by accident where all were measured."""


def read(path: Path) -> Scan:
    """Read a fastMRI file lazily: single-coil (S, H, W) or multi-coil (S, C, H, W).

    Rows are the readout, columns the phase encoding. Columns that the header says were never
    measured, as padding at the sides, are left out of the mask. Where others are zero in a file
    that holds no mask, what was measured cannot be told, and the scan has none.
    """
    with hdf5.opened(path) as file:
        if "kspace" not in file:
            raise FileError(
                f"{path} holds {', '.join(sorted(file)) or 'nothing'}, expected an array 'kspace'; "
                "is it one of fastMRI's files?"
            )
        dataset = hdf5.checked(path, file["kspace"])
        if dataset.dtype not in (np.complex64, np.complex128) or dataset.ndim not in (3, 4):
            raise FileError(
                f"{path} holds kspace of {dataset.shape} {dataset.dtype}, expected complex "
                "(slices, H, W) or (slices, coils, H, W)"
            )
        shape, dtype = tuple(dataset.shape), dataset.dtype
        header = None
        if "ismrmrd_header" in file:
            header = parsed(path, hdf5.text(path, file["ismrmrd_header"]))
        mask = None
        if "mask" in file:
            stored = as_mask(path, hdf5.checked(path, file["mask"])[()])
            mask = _fitting_mask(path, stored, shape)
        elif header is not None:
            mask = measured_columns(path, header, shape[-1])
            mask = mask if _are_filled(dataset, mask) else None
        noise = None
        if "noise" in file:
            noise = as_noise(path, hdf5.checked(path, file["noise"])[()], np.dtype(dtype))
        said = {name: file.attrs[name] for name in ATTRIBUTES if name in file.attrs}
        facts = {name: value for name, value in said.items() if isinstance(value, str | np.number)}

    single = len(shape) == 3

    def load(index: tuple[int, ...]) -> np.ndarray:
        with hdf5.opened(path) as file:
            k = file["kspace"][index]
        return k[None] if single else k

    full = (shape[0], 1, *shape[1:]) if single else shape
    return Scan(
        LazyKSpace(full, load, np.dtype(dtype)),
        mask,
        oversampling=1.0 if header is None else header.oversampling,
        voxel_size=None if header is None else header.voxel_size,
        noise=noise,
        provenance={"file": str(path), "kind": "fastMRI HDF5", **facts},
    )


def measured_columns(path: Path, header: Header, columns: int) -> np.ndarray:
    """(W,) bool: what the limits of the header leave when zero frequency lies at W//2."""
    centre, last = header.centre[0], header.last[0]
    mask = np.ones(columns, bool)
    if centre is None or last is None:
        return mask
    first = columns // 2 - centre
    if first < 0 or first + last + 1 > columns:
        return mask  # the limits speak of another grid; padding cannot be told
    mask[:first] = mask[first + last + 1 :] = False
    if not mask.any():
        raise FileError(f"{path} has a header by which no column was measured")
    return mask


def _are_filled(dataset: Any, columns: np.ndarray) -> bool:
    """Whether hardly any of these columns is wholly zero in the middle slice.

    One row tells it in a sound file; the others are read where that has zeros.
    """
    middle = dataset.shape[0] // 2
    first = (middle, *(n // 2 for n in dataset.shape[1:-1]))
    if dataset[first][columns].all():
        return True
    for slice_ in (dataset[n] for n in (middle, 0)):
        filled = slice_.reshape(-1, len(columns)).any(axis=0)
        if filled.any():
            return bool((~filled[columns]).mean() <= MOST_EMPTY)
    return True  # nothing at all was measured, whatever the mask


def write_scan(path: Path, scan: Scan) -> None:
    """Write k-space as fastMRI does: (slices, coils, H, W), header, and the column mask."""
    if len(scan.batch_shape) > 1:
        raise FileError(f"got k-space of {scan.shape}, fastMRI's files hold no frames; write each")
    if scan.mask is not None and scan.mask.ndim > 1:
        raise FileError("got a mask that is not (W,), fastMRI's files keep column masks alone")
    h5py = needs("h5py", "HDF5 files")
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        shape = scan.shape if scan.batch_shape else (1, *scan.shape)
        kspace = file.create_dataset("kspace", shape, scan.kspace.dtype)
        for number, one in enumerate(scan):
            kspace[number] = one.kspace
        file["ismrmrd_header"] = header_xml(scan)
        if scan.mask is not None:
            file["mask"] = scan.mask
        if scan.noise is not None:
            file["noise"] = scan.noise
        file.attrs["acquisition"] = str(scan.provenance.get("kind", "unknown"))


def _fitting_mask(path: Path, mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if mask.shape != shape[-1:]:
        raise FileError(
            f"{path} holds a mask of {mask.shape} beside kspace of {shape}, expected one entry a "
            "column"
        )
    return mask
