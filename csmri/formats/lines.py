"""K-space from a list of measured lines, as scanners write them: one readout after another."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from csmri.formats.errors import FileError
from csmri.formats.scan import LazyKSpace, Scan
from csmri.formats.transforms import to_image

MOST_SURPLUS = 64
"""A grid with more than this many places for a measured line is no scan but a damaged header."""


@final
@dataclass(frozen=True, eq=False)
class Lines:
    """Where every imaging line belongs; each array has one entry a line.

    Parameters
    ----------
    frame, slice : int arrays
        Numbers from 0; contrasts, phases, repetitions and sets together are frames.
    column, partition : int arrays
        Place along the two phase encodings.
    first_row : int array
        Where the line's first sample lies along the readout.
    reverse : bool array
        Whether it was read backwards.
    read : callable
        Takes numbers of lines to a list of their samples, each (C, samples) complex64.
    """

    frame: np.ndarray
    slice: np.ndarray
    column: np.ndarray
    partition: np.ndarray
    first_row: np.ndarray
    reverse: np.ndarray
    read: Callable[[np.ndarray], list[np.ndarray]]

    def __len__(self) -> int:
        return len(self.column)


def scan_of_lines(
    path: Path, lines: Lines, coils: int, grid: tuple[int, int, int], **facts: Any
) -> Scan:
    """The scan that these lines fill: averaged where a place was measured more than once.

    Parameters
    ----------
    path : Path
        For messages.
    lines : Lines
        All with `coils` coils.
    coils : int
        How many.
    grid : (rows, columns, partitions)
        Readout samples and the two phase encodings. With several partitions the readout is
        transformed, and every readout position makes a slice of two phase encodings.
    **facts
        Further fields of `Scan`.

    Raises
    ------
    FileError
        Where there is no line, a line lies off the grid, or the grid is absurdly large for them.
    """
    rows, columns, partitions = grid
    if len(lines) == 0:
        raise FileError(f"{path} holds no imaging lines; is it a calibration or a localiser?")
    places = columns * partitions
    if min(grid) < 1 or places > MOST_SURPLUS * max(len(lines), 1):
        raise FileError(
            f"{path} declares {columns} x {partitions} phase encodings, but holds {len(lines)} "
            "lines; its header is damaged"
        )
    off = (lines.column < 0) | (lines.column >= columns)
    off |= (lines.partition < 0) | (lines.partition >= partitions)
    if off.any():
        raise FileError(
            f"{path} holds {int(off.sum())} lines off its grid of {columns} x {partitions} phase "
            "encodings; its header is damaged or of another scan"
        )
    frames, slices = int(lines.frame.max()) + 1, int(lines.slice.max()) + 1
    count = np.zeros((frames, slices, columns, partitions), np.int32)
    np.add.at(count, (lines.frame, lines.slice, lines.column, lines.partition), 1)
    order = [
        [np.flatnonzero((lines.frame == f) & (lines.slice == s)) for s in range(slices)]
        for f in range(frames)
    ]

    def load(index: tuple[int, ...]) -> np.ndarray:
        frame, number = (0, *index)[-2:]
        k = np.zeros((coils, rows, columns, partitions), np.complex64)
        chosen = order[frame][number]
        for i, samples in zip(chosen, lines.read(chosen), strict=True):
            samples = samples[:, ::-1] if lines.reverse[i] else samples
            first = int(lines.first_row[i])
            skip = max(0, -first)
            kept = samples[:, skip : rows - first]
            at = slice(first + skip, first + skip + kept.shape[1])
            k[:, at, lines.column[i], lines.partition[i]] += kept
        k /= np.maximum(count[frame, number], 1)
        return k

    steps = tuple(facts.pop("steps", ()))
    most = int(count.max())
    if most > 1:
        steps = (*steps, f"up to {most} measurements of a line averaged")
    provenance = {"file": str(path), **facts.pop("provenance", {}), "steps": steps}
    if partitions > 1:
        return _volume(path, load, count, (coils, *grid), provenance, facts)
    batch = (slices,) if frames == 1 else (frames, slices)
    kspace = LazyKSpace((*batch, coils, rows, columns), lambda index: load(index)[..., 0])
    mask = (count[0] if frames == 1 else count)[..., 0] > 0
    whole = (mask == mask.reshape(-1, columns)[0]).all()
    columns_mask = mask.reshape(-1, columns)[0] if whole else mask[..., None, None, :]
    return Scan(kspace, columns_mask, provenance=provenance, **facts)


def _volume(
    path: Path,
    load: Callable[[tuple[int, ...]], np.ndarray],
    count: np.ndarray,
    shape: tuple[int, int, int, int],
    provenance: dict[str, Any],
    facts: dict[str, Any],
) -> Scan:
    """3-D k-space as slices along the readout, each with two phase encodings."""
    frames, slabs = count.shape[:2]
    if slabs > 1 or frames > 1:
        raise FileError(
            f"{path} holds {frames} frames and {slabs} slabs of 3-D k-space, expected one; "
            "split it with the scanner's tools"
        )
    hybrid = to_image(load((0,)), 1).transpose(1, 0, 2, 3)
    oversampling = facts.pop("oversampling", 1.0)
    step = f"3-D k-space: {shape[1]} slices by the Fourier transform of the readout"
    rows = shape[1]
    kept = round(rows / oversampling)
    if kept < rows:
        first = rows // 2 - kept // 2
        hybrid = hybrid[first : first + kept]
        step += f", of which the middle {kept} are kept"
    facts.pop("affine", None)
    size = facts.pop("voxel_size", None)
    return Scan(
        np.ascontiguousarray(hybrid),
        count[0, 0] > 0,
        None,
        voxel_size=None if size is None else (size[1], size[2], size[0]),
        provenance={**provenance, "steps": (*provenance["steps"], step)},
        **facts,
    )


def numbered(values: np.ndarray) -> np.ndarray:
    """Each row of (N, K) as the number of its kind, counted from 0 in sorted order."""
    return np.unique(values, axis=0, return_inverse=True)[1].reshape(-1)
