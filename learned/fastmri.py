"""fastMRI's HDF5 files as a set of fully sampled slices, each read when it is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from csmri.formats import FileError, fastmri, hdf5
from csmri.operators import Fourier
from learned.fingerprint import sampled_sha256

TARGETS = ("reconstruction_rss", "reconstruction_esc")
"""fastMRI's own images of the fully sampled data: of several coils, and of one emulated coil."""


@final
@dataclass(frozen=True, eq=False)
class Slice:
    """One fully sampled slice.

    Attributes
    ----------
    kspace : (C, H, W) complex64
        Without the readout's oversampling; C is 1 for one coil.
    measured : (W,) bool
        Columns that are no padding.
    target : (h, w) float32 or None
        fastMRI's own image of it, cropped to its middle.
    largest : float or None
        The largest value of the target's whole volume.
    """

    kspace: np.ndarray
    measured: np.ndarray
    target: np.ndarray | None
    largest: float | None

    @property
    def truth(self) -> np.ndarray:
        """(H, W) complex64: the image of one coil, or the root-sum-of-squares of several."""
        images = Fourier().adjoint(self.kspace)
        if len(images) == 1:
            return images[0]
        return np.sqrt(np.sum(np.abs(images) ** 2, axis=0)).astype(np.complex64)


@final
class FastMRISlices:
    """All slices of a folder's volumes (.h5), each read when it is asked for.

    Nothing stays open, and the value holds names and shapes only: it may be sent to the workers of
    a `torch.utils.data.DataLoader`, however they are started.

    Parameters
    ----------
    source : path, or iterable of paths
        A folder, or the files themselves.

    Attributes
    ----------
    faults : dict
        File to what is wrong with it. Such files, or the slices of theirs that cannot be read,
        are passed over: report them in the end.
    persons : tuple of str
        fastMRI's patient of each volume, or the file's name where it says none.

    Raises
    ------
    FileNotFoundError
        Where the folder has no .h5 files.
    ValueError
        Where none of the files can be used.
    """

    def __init__(self, source: Path | str | Iterable[Path | str]):
        if isinstance(source, str | Path):
            paths = sorted(Path(source).glob("*.h5"))
            if not paths:
                raise FileNotFoundError(f"got {source}, expected a folder of fastMRI's .h5 files")
        else:
            paths = [Path(path) for path in source]
        self.faults: dict[str, str] = {}
        self.volumes: list[tuple[Path, tuple[int, ...]]] = []
        persons: dict[str, None] = {}
        for path in paths:
            try:
                shape, person = inspected(path)
            except FileError as fault:
                self.faults[str(path)] = str(fault)
                continue
            self.volumes.append((path, shape))
            persons[person] = None
        if not self.volumes:
            raise ValueError(
                f"none of {len(self.faults)} files can be used; the first: "
                f"{next(iter(self.faults.values()), 'there is none')}"
            )
        self.persons = tuple(persons)
        self._places = [
            (volume, number)
            for volume, (_, shape) in enumerate(self.volumes)
            for number in range(shape[0])
        ]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> Slice:
        volume, place = self._places[number]
        return read_slice(self.volumes[volume][0], place)

    def path_of(self, number: int) -> Path:
        """Return the file that a slice is in."""
        return self.volumes[self._places[number][0]][0]

    def digests(self) -> dict[str, str]:
        """Return a hash of each file's size, beginning, middle and end, by its name."""
        found: dict[str, str] = {}
        for path, _ in self.volumes:  # of several folders, names may be the same
            found[path.name] = found.get(path.name, "") + sampled_sha256(path)
        return found

    def groups(self) -> list[np.ndarray]:
        """Return the numbers of the slices of each shape, which can share a batch."""
        found: dict[tuple[int, ...], list[int]] = {}
        for number, (volume, _) in enumerate(self._places):
            found.setdefault(self.volumes[volume][1][1:], []).append(number)
        return [np.array(numbers) for numbers in found.values()]


def inspected(path: Path) -> tuple[tuple[int, ...], str]:
    """Return (S, C, H, W) of a volume that can be trained on, and whose it is.

    Raises
    ------
    FileError
        Where the file is damaged or foreign, or its k-space was undersampled.
    """
    scan = fastmri.read(path).without_oversampling()
    if scan.mask is not None and np.diff(np.flatnonzero(scan.mask)).max(initial=1) > 1:
        raise FileError(
            f"{path} holds undersampled k-space, expected all columns; "
            "take the training or validation part of fastMRI"
        )
    return scan.shape, str(scan.provenance.get("patient_id", path.stem))


def read_slice(path: Path, number: int) -> Slice:
    """Read one slice of a volume with what fastMRI says of it.

    Parameters
    ----------
    path : path
        An HDF5 file of fastMRI's layout.
    number : int
        Which slice, from 0.

    Returns
    -------
    Slice
        Its k-space (C, H, W) in complex64 without the readout's oversampling, the columns that
        were measured, and fastMRI's own image where the file holds one.

    Raises
    ------
    FileError
        Where it cannot be read, or holds numbers that are not finite.
    """
    one = fastmri.read(path).without_oversampling().slice(number)
    kspace = one.kspace.astype(np.complex64, copy=False)
    if not np.isfinite(kspace).all():
        raise FileError(f"{path} holds values that are not finite in slice {number}")
    measured = np.ones(kspace.shape[-1], bool) if one.mask is None else one.mask
    with hdf5.opened(path) as file:
        name = next((name for name in TARGETS if name in file), None)
        target = None
        if name is not None:
            target = target_of(path, hdf5.checked(path, file[name]), number, kspace.shape[-2:])
        largest = float(file.attrs.get("max", 0.0))
    usable = np.isfinite(largest) and largest > 0
    return Slice(kspace, measured, target, largest if usable else None)


def target_of(path: Path, images: Any, number: int, largest: tuple[int, ...]) -> np.ndarray:
    """Read fastMRI's own image of a slice, at most as large as its k-space.

    Raises
    ------
    FileError
        Where there is none, or it is no image.
    """
    fits = images.ndim == 3 and number < len(images) and images.dtype.kind == "f"
    if not fits or any(np.greater(images.shape[1:], largest)):
        raise FileError(
            f"{path} holds targets of {images.shape} {images.dtype}, expected an image of real "
            f"numbers of slice {number}, of at most {largest}; copy it again"
        )
    return np.asarray(images[number], np.float32)


def centre_crop(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the middle of images, as fastMRI crops them before it judges.

    Parameters
    ----------
    image : (..., H, W) array
        Images of any dtype.
    shape : (int, int)
        Height and width of what is kept.

    Returns
    -------
    (..., *shape) array
        A view of the images.

    Raises
    ------
    ValueError
        Where the images are smaller.
    """
    height, width = image.shape[-2:]
    if shape[0] > height or shape[1] > width:
        raise ValueError(
            f"got images of ({height}, {width}) to crop to {shape}, expected larger ones; "
            "is the readout's oversampling cut off twice?"
        )
    top, left = (height - shape[0]) // 2, (width - shape[1]) // 2
    return image[..., top : top + shape[0], left : left + shape[1]]
