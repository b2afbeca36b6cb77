"""Faults of the values: clipped, repeated, silent, real, or on another scale."""

import numpy as np

from csmri import weights
from csmri.app.doctor.examination import Finding, Slice

FARTHEST = 0.5
"""Spikes are looked for beyond this distance from zero frequency, 1 at the edges."""


def silent_coils(one: Slice) -> Finding | None:
    """Coils that measured nothing."""
    sizes = np.abs(one.kspace).max(axis=(-2, -1))
    silent = np.flatnonzero(sizes <= 1e-5 * sizes.max())
    if len(silent) == 0:
        return None
    if len(silent) == len(sizes):
        return Finding(
            "an empty slice", f"slice {one.number} is zero in every coil", "leave the slice out"
        )
    return Finding(
        "silent coils",
        f"coils {', '.join(map(str, silent[:8]))} hold nothing",
        "leave them out: they were not connected, and prewhitening would magnify them",
    )


def repeated(one: Slice) -> Finding | None:
    """Lines, or coils, that are copies of another."""
    for what, axis in (("columns", -1), ("rows", -2), ("coils", 0)):
        seen: dict[bytes, int] = {}
        copies = []
        for number, part in enumerate(np.moveaxis(one.kspace, axis, 0)):
            if not part.any() or one.kspace.shape[axis] == 1:
                continue
            earlier = seen.setdefault(part.tobytes(), number)
            if earlier != number:
                copies.append((earlier, number))
        if copies:
            pairs = ", ".join(f"{a} = {b}" for a, b in copies[:4])
            return Finding(
                f"duplicate {what}",
                f"{len(copies)} {what} are copies of others: {pairs}",
                "leave the copies out, and out of the mask: they are no measurements",
            )
    return None


def clipped(one: Slice) -> Finding | None:
    """Samples that stop at one largest value: the receiver was overdriven."""
    worst = 0
    for coil in one.kspace:
        for part in (np.abs(coil.real), np.abs(coil.imag)):
            most = part.max()
            if most > 0:
                worst = max(worst, int((part == most).sum()))
    if worst < 3:
        return None
    return Finding(
        "clipped samples",
        f"{worst} samples of a coil stop at exactly the same largest value",
        "measure again with less receiver gain; or leave these samples out of the mask",
    )


def spikes(one: Slice) -> Finding | None:
    """A sample far from zero frequency that towers above all others there."""
    distance = weights.distance_from_centre((one.energy.shape[0], one.energy.shape[1]))
    far = (distance > FARTHEST) & one.measured
    if far.sum() < 100:
        return None
    sizes = np.sqrt(one.energy)
    usual = float(np.quantile(sizes[far], 0.99))
    largest = float(sizes[far].max())
    if largest <= 15 * usual or usual == 0:
        return None
    row, column = np.argwhere(far & (sizes == largest))[0]
    return Finding(
        "a spike",
        f"the sample at ({row}, {column}) is {largest / usual:.0f} times as large as others there",
        "leave it out of the mask: it draws a herringbone over the whole image",
    )


def lost_parts(one: Slice) -> Finding | None:
    """K-space that is real, or that is the transform of a real image."""
    if not np.imag(one.kspace).any():
        return Finding(
            "the imaginary part is lost",
            "every sample is real",
            "save the complex k-space, not its real part or modulus",
        )
    k = one.kspace.astype(complex)
    rows, columns = k.shape[-2:]
    mirrored = np.conj(np.roll(np.flip(k, (-2, -1)), (1 - rows % 2, 1 - columns % 2), (-2, -1)))
    both = (k != 0) & (mirrored != 0)
    if not both.any():
        return None
    size = float(np.linalg.norm(k[both]))
    if float(np.linalg.norm((k - mirrored)[both])) > 1e-3 * size:
        return None
    return Finding(
        "made from a magnitude image",
        "k-space is conjugate symmetric to 0.1 %: the transform of a real image, never measured",
        "use raw data; figures from such data flatter every method",
    )


def scale(one: Slice) -> Finding | None:
    """Values that single precision cannot square, or noise that the noise scan belies."""
    largest = float(np.abs(one.kspace).max())
    if largest and not 1e-15 < largest < 1e15:
        return Finding(
            "missing normalisation",
            f"the largest value is {largest:.2g}, whose square single precision cannot hold",
            "scale the data, for instance to a largest value of 1",
        )
    if one.scan.noise is None:
        return None
    try:
        outer = weights.noise_level(one.kspace, one.measured)
    except ValueError:
        return None  # padded with zeros: told elsewhere
    ratio = outer / max(weights.noise_level_of_scan(one.scan.noise), 1e-300)
    if 0.3 < ratio < 30:
        return None
    return Finding(
        "missing normalisation",
        f"the outermost samples are {ratio:.2g} times the noise scan's level, expected 1 to a few",
        "scale k-space and noise scan alike; a transform without norm='ortho' leaves √N",
    )


def uneven_slices(levels: dict[int, tuple[float, float]]) -> Finding | None:
    """Slices on another scale than the others, by (norm, noise level) of each."""
    if len(levels) < 3:
        return None
    values = np.array(list(levels.values()))
    ratios = values / np.maximum(np.median(values, axis=0), 1e-300)
    odd = np.asarray((ratios > 8).all(axis=1) | (ratios < 1 / 8).all(axis=1))
    numbers = [number for number, wrong in zip(levels, odd, strict=True) if wrong]
    if not numbers:
        return None
    factor = float(ratios[odd][0, 0])
    return Finding(
        "slices on different scales",
        f"slices {', '.join(map(str, numbers[:8]))}, noise and all, are {factor:.3g} times as "
        "large as the others",
        "scale them alike: one was transformed without norm='ortho', or with another gain",
    )


def level_of(one: Slice) -> tuple[float, float] | None:
    """Norm and noise level of a slice, None where there is no noise to be seen."""
    try:
        noise = weights.noise_level(one.kspace, one.measured)
    except ValueError:
        return None
    return float(np.linalg.norm(one.kspace.ravel())), noise
