"""Faults of place: zero frequency elsewhere, images instead of k-space, coils mirrored."""

import numpy as np
from scipy import ndimage

from csmri.app.doctor.examination import Finding, Slice
from csmri.formats.transforms import to_image

AXES = {"readout (H)": -2, "phase encoding (W)": -1}


def zero_frequency(one: Slice) -> Finding | None:
    """Zero frequency in a corner, or far from N//2; a few samples are a linear phase, no fault."""
    uncentred, shifted = [], []
    for (name, axis), at in zip(AXES.items(), one.peak, strict=True):
        size = one.energy.shape[axis]
        near = max(4, size // 16)
        if min(at, size - at) < near:
            uncentred.append(name)
        elif abs(at - size // 2) >= near:
            shifted.append((axis, size // 2 - at))
    expected = tuple(n // 2 for n in one.energy.shape)
    if uncentred:
        return Finding(
            "k-space is not centred",
            f"zero frequency lies at {one.peak} of {one.energy.shape}, at the rim of "
            f"{' and '.join(uncentred)}; expected about {expected}",
            "numpy.fft.fftshift the k-space along these axes before it is saved",
        )
    if shifted:
        rolls = ", ".join(f"by {by} along axis {axis}" for axis, by in shifted)
        return Finding(
            "k-space is shifted",
            f"zero frequency lies at {one.peak} of {one.energy.shape}, expected about {expected}",
            f"numpy.roll the k-space {rolls}, or place the lines by the header's centre",
        )
    return None


def domain(one: Slice) -> Finding | None:
    """An axis along which the data are an image, not k-space."""
    found = []
    for name, axis in AXES.items():
        other = to_image(one.kspace, axis)
        if _share(one.kspace, axis) < 0.6 * _share(other, axis):
            found.append(name)
    if not found:
        return None
    return Finding(
        "an axis is not k-space",
        f"along {' and '.join(found)} the data are spread out as an image is",
        "Fourier transform these axes, centred and with norm='ortho', before it is saved",
    )


def _share(k: np.ndarray, axis: int) -> float:
    """The share of the energy that the strongest sixteenth of the lines along `axis` holds."""
    energy = np.sum(np.abs(k).astype(float) ** 2, axis=(0, -1 if axis == -2 else -2))
    strongest = np.sort(energy)[::-1][: max(1, len(energy) // 16)]
    return float(strongest.sum() / max(energy.sum(), 1e-300))


def half_field_of_view(one: Slice) -> Finding | None:
    """Signs that alternate from sample to sample: the image's middle lies at its rim.

    Those of an object that fills the field of view may do so, too: then its middle is not empty.
    """
    found = []
    for name, axis in AXES.items():
        k = np.moveaxis(one.kspace, axis, -1)
        product = (k[..., 1:] * np.conj(k[..., :-1])).astype(complex)
        whole = float(np.abs(product).sum())
        total = complex(product.sum())
        alternating = whole > 0 and abs(total) > 0.3 * whole and abs(np.angle(total)) > 0.75 * np.pi
        if alternating and _middle_is_empty(one, axis):
            found.append(name)
    if not found:
        return None
    return Finding(
        "the image is half a field of view off",
        f"neighbouring samples along {' and '.join(found)} have opposite signs",
        "multiply every other sample along it by -1: a shift was left out before the transform",
    )


def _middle_is_empty(one: Slice, axis: int) -> bool:
    """Whether the images hold little in the middle eighth along an axis."""
    profile = np.sum(one.coil_images**2, axis=(0, -1 if axis == -2 else -2))
    size = len(profile)
    middle = profile[size // 2 - size // 16 : size // 2 + size // 16 + 1]
    return float(middle.mean()) < 0.4 * float(profile.mean())


def mirrored_coils(one: Slice) -> Finding | None:
    """Coils whose images agree with the others only when mirrored: conjugated or flipped."""
    images = one.coil_images
    if len(images) < 3:
        return None
    details = images - ndimage.uniform_filter(images, 5, axes=(-2, -1))
    total = details.sum(axis=0)
    found = []
    for number, detail in enumerate(details):
        others = total - detail
        upright = _correlation(detail, others)
        flips = ((-2, -1), (-2,), (-1,))
        mirrored = max(_correlation(_flipped(detail, axes), others) for axes in flips)
        if mirrored > upright + 0.25 and mirrored > 0.3:
            found.append(number)
    if not found:
        return None
    return Finding(
        "coils are conjugated or flipped",
        f"the images of coils {_listed(found)} agree with the others only when they are mirrored",
        "conjugate these coils' k-space, or flip the axis that was read backwards",
    )


def _flipped(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The image at −r: reversed, and pixel 0 kept in its place for even sizes."""
    flipped = np.flip(x, axes)
    even = [axis for axis in axes if x.shape[axis] % 2 == 0]
    return np.roll(flipped, [1] * len(even), even)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / size if size > 0 else 0.0


def _listed(numbers: list[int], most: int = 8) -> str:
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return ", ".join(str(n) for n in numbers[:most]) + more
