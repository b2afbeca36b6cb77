"""One value for what a scanner measured, whatever file it came from."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from csmri.arrays import COIL_AXIS
from csmri.formats.errors import FileError
from csmri.formats.transforms import to_image, to_kspace

READOUT_AXIS = -2


@final
@dataclass(frozen=True, eq=False)
class LazyKSpace:
    """K-space (..., C, H, W) of which each slice is read from its file when it is asked for.

    Parameters
    ----------
    shape : tuple of int
        (..., C, H, W).
    load : callable
        Takes the index of all leading axes, a tuple of int, to (C, H, W) complex.
    dtype : dtype
        complex64 or complex128.
    """

    shape: tuple[int, ...]
    load: Callable[[tuple[int, ...]], np.ndarray]
    dtype: np.dtype = field(default_factory=lambda: np.dtype(np.complex64))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        """The entries that NumPy's basic indexing would give; only what leads to them is read."""
        index = index if isinstance(index, tuple) else (index,)
        leading = self.shape[:COIL_AXIS]
        if Ellipsis in index[: len(leading)] or len(index) == 0:
            return np.asarray(self)[index]
        first = np.arange(math.prod(leading)).reshape(leading)[index[: len(leading)]]
        if isinstance(first, np.integer):
            loaded = self.load(tuple(int(i) for i in np.unravel_index(first, leading)))
        else:
            loaded = self._stack(first)
        rest = index[len(leading) :]
        return loaded[(*(slice(None) for _ in np.shape(first)), *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        whole = np.arange(math.prod(self.shape[:COIL_AXIS])).reshape(self.shape[:COIL_AXIS])
        loaded = self._stack(whole)
        return loaded if dtype is None else loaded.astype(dtype)

    def map(
        self, change: Callable[[np.ndarray], np.ndarray], grid: tuple[int, ...]
    ) -> "LazyKSpace":
        """The same k-space with each (C, H, W) changed to one of shape `grid`, still lazily."""
        load = self.load
        return LazyKSpace(
            (*self.shape[:COIL_AXIS], *grid), lambda index: change(load(index)), self.dtype
        )

    def _stack(self, numbers: np.ndarray) -> np.ndarray:
        out = np.empty((*numbers.shape, *self.shape[COIL_AXIS:]), self.dtype)
        for place in np.ndindex(numbers.shape):
            found = np.unravel_index(numbers[place], self.shape[:COIL_AXIS])
            out[place] = self.load(tuple(int(i) for i in found))
        return out


@final
@dataclass(frozen=True, eq=False)
class Scan:
    """Measured k-space with all that its file tells.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        A NumPy array, or a `LazyKSpace` that reads each slice when it is asked for. Leading axes
        are slices, or frames and slices. H is the readout and W the phase encoding, or both are
        phase encodings where `readout_axis` is None.
    mask : (W,) or (H, W) or (..., 1, H, W) bool, optional
        Where k-space was measured. None where the file does not say; it is never guessed.
    readout_axis : int or None
        -2, the axis H, or None where both axes are phase encodings or it is not known.
    oversampling : float
        How many times larger the field of view is along the readout than was asked for.
    voxel_size : tuple of 3 floats, optional
        Millimetres along H, W and from slice to slice, oversampling left aside.
    noise : (C, N) complex, optional
        Samples of noise alone, from a scan without excitation.
    affine : (4, 4) float, optional
        Takes (row, column, slice) of an image to millimetres right, anterior and superior (RAS+).
    provenance : mapping of str
        Where it came from and what was done to it: "file", "kind", and "steps", a tuple of words.
    """

    kspace: Any
    mask: np.ndarray | None = None
    readout_axis: int | None = READOUT_AXIS
    oversampling: float = 1.0
    voxel_size: tuple[float, float, float] | None = None
    noise: np.ndarray | None = None
    affine: np.ndarray | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        shape = tuple(self.kspace.shape)
        if len(shape) < 3 or 0 in shape:
            raise FileError(
                f"got k-space of {shape}, expected (..., C, H, W) with at least one sample; "
                "a single coil is kspace[None]"
            )
        if np.dtype(self.kspace.dtype).kind != "c":
            raise FileError(
                f"got k-space of {self.kspace.dtype}, expected complex64 or complex128; "
                "if the last axis holds real and imaginary parts, join them first"
            )
        if self.mask is not None:
            self._check_mask(self.mask, shape)

    def __repr__(self) -> str:
        """``Scan: 1 x 16 coils x 128 x 128, 43 of 128 columns, 2 x 2 x 3 mm, Siemens twix``."""
        *batch, coils, height, width = self.shape
        sizes = [*batch, f"{coils} {'coil' if coils == 1 else 'coils'}", height, width]
        facts = [" x ".join(str(size) for size in sizes)]
        if self.mask is None:
            facts.append("no mask")
        elif self.mask.ndim == 1:
            facts.append(f"{self.mask.sum()} of {width} columns")
        else:
            facts.append(f"{self.mask.mean():.0%} of samples")
        if self.voxel_size is not None:
            facts.append(" x ".join(f"{size:g}" for size in self.voxel_size) + " mm")
        return "Scan: " + ", ".join([*facts, *filter(None, [self.provenance.get("kind")])])

    @staticmethod
    def _check_mask(mask: np.ndarray, shape: tuple[int, ...]) -> None:
        if mask.dtype != bool:
            raise FileError(f"got a mask of {mask.dtype}, expected bool; pass mask != 0")
        try:
            fits = np.broadcast_shapes(mask.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise FileError(
                f"got k-space of {shape} and a mask of {mask.shape}, expected one that broadcasts "
                "against it: (W,), (H, W) or (..., 1, H, W)"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., C, H, W)."""
        return tuple(self.kspace.shape)

    @property
    def coils(self) -> int:
        return self.shape[COIL_AXIS]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes: () for one slice, (S,) for slices, (F, S) for frames of slices."""
        return self.shape[:COIL_AXIS]

    @property
    def slices(self) -> int:
        """How many images it makes: all leading axes together."""
        return math.prod(self.batch_shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole k-space, read or not."""
        return math.prod(self.shape) * np.dtype(self.kspace.dtype).itemsize

    @property
    def steps(self) -> tuple[str, ...]:
        """What was done to the data on the way, in words."""
        return tuple(self.provenance.get("steps", ()))

    def slice(self, number: int) -> "Scan":
        """One slice, read: k-space (C, H, W) with its own mask; `number` counts all leading axes.

        Raises
        ------
        FileError
            Where there is no such slice, or it cannot be read.
        """
        if not 0 <= number < self.slices:
            raise FileError(
                f"got slice {number}, expected one of 0 … {self.slices - 1}: the scan has "
                f"{self.slices}"
            )
        index = tuple(int(i) for i in np.unravel_index(number, self.batch_shape or (1,)))
        kspace = np.asarray(self.kspace[index] if self.batch_shape else self.kspace[...])
        return replace(self, kspace=kspace, mask=self._mask_of(index))

    def __iter__(self) -> Iterator["Scan"]:
        return (self.slice(number) for number in range(self.slices))

    def read(self) -> "Scan":
        """The same scan with all of its k-space in memory."""
        return replace(self, kspace=np.asarray(self.kspace))

    def with_mask(self, mask: np.ndarray) -> "Scan":
        """The same scan with this mask; samples off it are set to zero when they are read."""
        changed = replace(self, mask=mask, provenance=self._after("mask given"))
        if mask.ndim > 2:
            return replace(changed, kspace=np.where(mask, np.asarray(self.kspace), 0))
        return changed._mapped(lambda k: np.where(mask, k, 0), self.shape[COIL_AXIS:])

    def without_oversampling(self) -> "Scan":
        """The same scan with the readout's surplus field of view cut off.

        The image is cropped to its middle along H and transformed back, which leaves the noise of
        every sample what it was.
        """
        if self.oversampling == 1 or self.readout_axis is None:
            return self
        rows, columns = self.shape[-2:]
        kept = round(rows / self.oversampling)
        first = rows // 2 - kept // 2

        def crop(k: np.ndarray) -> np.ndarray:
            return to_kspace(to_image(k, -2)[..., first : first + kept, :], -2)

        mask = self.mask
        if mask is not None and mask.ndim >= 2:
            if not (mask == mask[..., :1, :]).all():
                raise FileError(
                    "got a mask that varies along the readout, expected whole columns; "
                    "keep the oversampling of this scan"
                )
            mask = mask[..., :1, :] if mask.ndim > 2 else mask[0]
        step = f"readout oversampling of {self.oversampling:g} removed: {rows} to {kept} rows"
        changed = replace(self, mask=None)._mapped(crop, (self.coils, kept, columns))
        return replace(changed, mask=mask, oversampling=1.0, provenance=self._after(step))

    def _mapped(self, change: Callable[[np.ndarray], np.ndarray], grid: tuple[int, ...]) -> "Scan":
        if isinstance(self.kspace, LazyKSpace):
            return replace(self, kspace=self.kspace.map(change, grid))
        if not self.batch_shape:
            return replace(self, kspace=change(np.asarray(self.kspace)))
        array, dtype = self.kspace, np.dtype(self.kspace.dtype)
        lazily = LazyKSpace(
            (*self.batch_shape, *grid), lambda index: change(np.asarray(array[index])), dtype
        )
        return replace(self, kspace=lazily)

    def _mask_of(self, index: tuple[int, ...]) -> np.ndarray | None:
        if self.mask is None or self.mask.ndim <= 2:
            return self.mask
        own = np.broadcast_to(self.mask, (*self.batch_shape, *self.mask.shape[-3:]))
        own = own[index] if self.batch_shape else own
        own = own[0] if own.shape[0] == 1 else own
        return own[0] if own.shape[-2] == 1 and own.ndim == 2 else own

    def _after(self, step: str) -> dict[str, Any]:
        return {**self.provenance, "steps": (*self.steps, step)}
