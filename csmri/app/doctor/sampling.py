"""Faults of the mask: missing, misplaced, or telling something else than the data."""

from typing import Any

import numpy as np

from csmri.app.doctor.examination import Finding, Slice

NOTABLE = 0.005
"""The share of samples above which exact zeros are no accident."""


def mask_fault(one: Slice) -> Finding | None:
    """What is wrong between the mask and where the data are not 0."""
    if one.mask is None:
        return _without_mask(one)
    outside = one.filled & ~one.mask
    hollow = float((one.mask & ~one.filled).sum() / max(one.mask.sum(), 1))
    if outside.mean() <= NOTABLE and hollow <= NOTABLE:
        return None
    if not one.filled.all():
        for what, turned in _turns(one.mask):
            if np.mean(turned != one.filled) <= NOTABLE:
                return what
        if _whole(one.mask, -2) and _whole(one.filled, -1) and not _whole(one.filled, -2):
            return _wrong_axis()
    if outside.mean() > NOTABLE:
        return Finding(
            "samples off the mask",
            f"{outside.sum():,} samples are not 0 where the mask says nothing was measured",
            "pass the mask of this scan, or set them to 0 with scan.with_mask(mask)",
        )
    return Finding(
        "zeros that the mask calls measured",
        f"{hollow:.1%} of the samples that the mask calls measured are exactly 0",
        "leave them out of the mask: the scanner padded k-space, it did not measure zeros",
    )


def _without_mask(one: Slice) -> Finding | None:
    empty = 1 - float(one.filled.mean())
    if empty <= NOTABLE:
        return None
    rows = _whole(one.filled, -1) and not _whole(one.filled, -2)
    if rows and one.scan.readout_axis is not None:
        return Finding(
            "phase encoding on the wrong axis",
            f"{empty:.1%} of k-space is exactly 0 in whole rows, but rows are the readout here",
            "name the axes, for instance --axes coil,phase,readout: phase encoding goes last",
        )
    return Finding(
        "no mask, and zeros",
        f"{empty:.1%} of k-space is exactly 0 and the file holds no mask: whether these were "
        "measured cannot be told",
        "give the mask with --mask FILE; --mask nonzero if zeros were never measured",
    )


def _turns(mask: np.ndarray) -> list[tuple[Finding, np.ndarray]]:
    """Ways in which a mask is often misplaced, and what it would then be."""
    found = []
    if mask.shape[0] == mask.shape[1]:
        found.append((_wrong_axis(), mask.T))
    flipped = Finding(
        "the mask is flipped",
        "the data are not 0 just where the mask would be if it were flipped",
        "flip the mask, or the axis of the k-space that was read backwards",
    )
    found += [(flipped, np.flip(mask, axes)) for axes in ((-1,), (-2,), (-2, -1))]
    shifted = Finding(
        "the mask is not centred",
        "the data are not 0 just where the mask would be after an fftshift",
        "numpy.fft.fftshift the mask: zero frequency belongs at N//2",
    )
    return [*found, (shifted, np.fft.fftshift(mask)), (shifted, np.fft.ifftshift(mask))]


def _wrong_axis() -> Finding:
    return Finding(
        "the mask is on the wrong axis",
        "the data are not 0 just where the mask would be along the other axis",
        "swap the axes of the mask, or name those of the k-space: phase encoding goes last",
    )


def _whole(mask: np.ndarray, axis: int) -> bool:
    """Whether the mask hardly varies along `axis`."""
    first = np.median(mask, axis=axis, keepdims=True) > 0.5
    return bool(np.mean(mask != first) <= NOTABLE)


def partial_fourier(one: Slice) -> Finding | None:
    """One side of k-space left out, along either axis."""
    for name, axis in (("readout (H)", -2), ("phase encoding (W)", -1)):
        lines: Any = one.measured.any(axis=-1 if axis == -2 else -2)
        places = np.flatnonzero(lines)
        if len(places) < 8:
            continue
        size = len(lines)
        before, after = int(places[0]), int(size - 1 - places[-1])
        inner = int(np.diff(places).max()) - 1
        wide, narrow = max(before, after), min(before, after)
        if wide > max(3 * inner, 3 * narrow, 0.06 * size):
            half = size // 2
            fraction = (half + half - wide) / size
            side = "low" if before > after else "high"
            return Finding(
                "partial Fourier",
                f"along {name} the {wide} outermost lines of the {side} side were never measured: "
                f"{fraction:.0%} of k-space",
                "reconstruct by conjugate phase (homodyne or POCS), or by compressed sensing; "
                "zeros in their place blur and ring",
            )
    return None


def describe(mask: np.ndarray) -> str:
    """A mask (H, W) in words: pattern, acceleration, and the lines measured in the middle."""
    share = float(mask.mean())
    if share == 1:
        return "fully sampled"
    columns = _whole(mask, -2)
    if not columns:
        return f"single samples of two phase encodings, {1 / max(share, 1e-9):.2f}-fold"
    line = mask[0]
    middle, size = len(line) // 2, int(line.sum())
    width = 0
    if line[middle]:
        low, high = middle, middle
        while low > 0 and line[low - 1]:
            low -= 1
        while high < len(line) - 1 and line[high + 1]:
            high += 1
        width = high - low + 1
    rest = np.diff(np.flatnonzero(line))
    gaps: list[int] = [int(n) for n in rest if n > 1]
    even = len(gaps) > 2 and len(set(gaps)) == 1
    pattern = f"every {gaps[0]}th column" if even else "columns"
    if len(gaps) == 0:
        pattern = "one block of columns"
    return (
        f"{pattern}, {size} of {len(line)} ({len(line) / max(size, 1):.2f}-fold), "
        f"{width} of them in the middle"
    )
