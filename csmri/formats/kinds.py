"""Which reader a file asks for, told by its content and then by its name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from csmri.formats import (
    arrays,
    cfl,
    dicom,
    fastmri,
    hdf5,
    image_hdf5,
    ismrmrd,
    matlab,
    nifti,
    png,
    twix,
)
from csmri.formats.errors import FileError, require_file
from csmri.formats.images import volume
from csmri.formats.scan import Scan

NAMELESS_AXES = ("npy", "npz", "mat")
"""Kinds whose files do not say what their axes are."""

FOREIGN = {
    b"DICM": "a DICOM image",
    b"\x89PNG": "a PNG picture",
    b"\x1f\x8b": "a gzip archive, such as NIfTI",
    b"%PDF": "a PDF document",
    b"7z\xbc\xaf": "a 7-Zip archive",
}

SCAN_KINDS: dict[str, Callable[[Path, Scan], None]] = {
    "fastmri": fastmri.write_scan,
    "ismrmrd": ismrmrd.write_scan,
    "cfl": cfl.write_scan,
    "npz": arrays.write_npz,
    "npy": lambda path, scan: arrays.write_npy(path, np.asarray(scan.kspace)),
}
"""Writers of k-space by kind."""

SCAN_SUFFIXES = {
    ".h5": "fastmri", ".mrd": "ismrmrd", ".cfl": "cfl", ".hdr": "cfl", ".npz": "npz", ".npy": "npy",
}  # fmt: skip

IMAGE_SUFFIXES: dict[str, Callable[[Path, np.ndarray, Scan | None], None]] = {
    ".nii.gz": nifti.write,
    ".nii": nifti.write,
    ".dcm": dicom.write,
    ".h5": image_hdf5.write,
    ".png": lambda path, image, _: png.write(path, image),
    ".npy": lambda path, image, _: arrays.write_npy(path, np.asarray(image)),
    ".cfl": lambda path, image, _: cfl.write_array(path, _as_bart(image)),
}
"""Writers of images by suffix."""


def read(
    path: str | Path,
    *,
    kind: str | None = None,
    axes: tuple[str, ...] | None = None,
    average_repetitions: bool = True,
) -> Scan:
    """Read a scan from a file of any kind that is known here.

    Parameters
    ----------
    path : str or Path
        The file; for BART, either of the pair or their common name.
    kind : str, optional
        "fastmri", "ismrmrd", "twix", "cfl", "npy", "npz" or "mat", where it cannot be told.
    axes : tuple of str, optional
        For .npy, .npz and .mat, which do not say: what each axis of the file is, such as
        ``("coil", "phase", "readout")``. By default they are ours, ending in coil, readout, phase.
    average_repetitions : bool
        Whether repetitions of ISMRMRD and twix are averaged or become frames.

    Returns
    -------
    Scan
        Its k-space is read slice by slice, when it is asked for.

    Raises
    ------
    FileError
        For a file that is missing, truncated, damaged, or of another kind.
    ModuleNotFoundError
        Where the library for this kind is not installed.
    """
    path = Path(path)
    kind = kind_of(path) if kind is None else kind
    if axes is not None and kind not in NAMELESS_AXES:
        raise FileError(f"got axes for {path}, but {kind} files say themselves what theirs are")
    match kind:
        case "fastmri":
            return fastmri.read(path)
        case "ismrmrd":
            return ismrmrd.read(path, average_repetitions=average_repetitions)
        case "twix":
            return twix.read(path, average_repetitions=average_repetitions)
        case "cfl":
            return cfl.read(path)
        case "npy":
            return arrays.read_npy(path, axes)
        case "npz":
            return arrays.read_npz(path, axes)
        case "mat":
            return matlab.read(path, axes)
    raise FileError(f"got the kind {kind!r}, expected fastmri, ismrmrd, twix, cfl, npy, npz or mat")


def kind_of(path: str | Path) -> str:
    """The kind of a file of k-space, by its first bytes rather than by its name.

    Parameters
    ----------
    path : path
        The file, or one of the two of BART's pair.

    Returns
    -------
    str
        As `read` names it: "fastmri", "ismrmrd", "cfl", "npy", "npz", "mat", …

    Raises
    ------
    FileError
        Where there is no such file, or it is of no kind that is known here.
    """
    path = Path(path)
    if path.suffix in (".cfl", ".hdr") or cfl.is_pair(path):
        return "cfl"
    size = require_file(path)
    with path.open("rb") as file:
        start = file.read(520)
    if start[:8] == hdf5.MAGIC or start[512:520] == hdf5.MAGIC:
        return _kind_of_hdf5(path)
    if start[:6] == b"\x93NUMPY":
        return "npy"
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "npz"
    if start[:6] == b"MATLAB" or (path.suffix == ".mat" and size >= 128):
        return "mat"
    for magic, what in FOREIGN.items():
        if start.startswith(magic) or start[128:132] == magic:
            raise FileError(
                f"{path} is {what}, expected k-space: raw data of the scanner; images cannot be "
                "turned back into what was measured"
            )
    if path.suffix == ".dat":
        return "twix"
    raise FileError(
        f"{path} is of no kind known here ({size:,} bytes, beginning {start[:8].hex(' ')}), "
        "expected fastMRI or ISMRMRD HDF5, Siemens .dat, BART .cfl, .npy, .npz or .mat; "
        "if you know better, name it in Python: csmri.formats.read(path, kind=...)"
    )


def files_of(path: str | Path) -> tuple[Path, ...]:
    """The files that a source of k-space consists of: both of BART's pair, or the one.

    Parameters
    ----------
    path : str or Path
        As for `read`.
    """
    path = Path(path)
    is_barts = path.suffix in (".cfl", ".hdr") or cfl.is_pair(path)
    return cfl.pair(path) if is_barts else (path,)


def write(path: str | Path, image: np.ndarray, scan: Scan | None = None) -> None:
    """Write an image (H, W), or a volume (S, H, W), in the kind that the suffix names.

    Parameters
    ----------
    path : str or Path
        Ending in .nii, .nii.gz, .dcm, .png (magnitudes), .h5, .npy or .cfl (complex). The file is
        written under another name first: it is whole or not there.
    image : (H, W) or (S, H, W)
        Real or complex.
    scan : Scan, optional
        Where it came from: voxel size and affine are kept where the kind can.

    Raises
    ------
    FileError
        For a suffix that is not known, or an image that is none.
    OutputError
        Where the disk is full or may not be written to.
    """
    path = Path(path)
    IMAGE_SUFFIXES[image_suffix(path)](path, image, scan)


def image_suffix(path: Path) -> str:
    """The suffix by which an image is written."""
    for suffix in IMAGE_SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise FileError(
        f"got the output {path.name}, expected a name ending in {', '.join(IMAGE_SUFFIXES)}"
    )


def write_scan(path: str | Path, scan: Scan, *, kind: str | None = None) -> None:
    """Write the k-space of a scan.

    Parameters
    ----------
    path : str or Path
        Where; whole or not there.
    scan : Scan
        What.
    kind : {"fastmri", "ismrmrd", "cfl", "npz", "npy"}, optional
        By default by the suffix: .h5 is fastMRI's, .mrd ISMRMRD's. BART and .npy keep the samples
        alone; the others also the mask, noise and voxel size.

    Raises
    ------
    FileError
        Where the kind is not known or cannot hold this scan.
    OutputError
        Where the disk is full or may not be written to.
    """
    path = Path(path)
    kind = SCAN_SUFFIXES.get(path.suffix.lower()) if kind is None else kind
    if kind not in SCAN_KINDS:
        got = f"the suffix {path.suffix!r}" if kind is None else f"the kind {kind!r}"
        raise FileError(
            f"got {got} for the scan {path.name}, expected a name that ends in "
            f"{', '.join(SCAN_SUFFIXES)}, or one of the kinds {', '.join(SCAN_KINDS)}"
        )
    SCAN_KINDS[kind](path, scan)


def _kind_of_hdf5(path: Path) -> str:
    with hdf5.opened(path) as file:
        if "kspace" in file and "#refs#" not in file and "MATLAB_class" not in file["kspace"].attrs:
            return "fastmri"
        if ismrmrd.dataset_group(file) is not None:
            return "ismrmrd"
        names = list(file)[:10]
    if path.suffix == ".mat":
        return "mat"
    raise FileError(
        f"{path} is HDF5 with {', '.join(names) or 'nothing'} in it, expected fastMRI's 'kspace', "
        "ISMRMRD's 'dataset' or MATLAB's arrays in a .mat; rename what holds the k-space"
    )


def _as_bart(image: np.ndarray) -> np.ndarray:
    """Rows, columns, and slices on BART's axis 13."""
    slices = volume(image)
    shape = (*slices.shape[1:], *([1] * 11), slices.shape[0])
    return slices.transpose(1, 2, 0).reshape(shape)
