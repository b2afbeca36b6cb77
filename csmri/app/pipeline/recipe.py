"""How a slice becomes an image: noise made white, coils made few, maps, and a method."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, final

import numpy as np

from csmri import MaskedFourier, calibration
from csmri.app.pipeline.devices import placed
from csmri.app.pipeline.methods import METHODS
from csmri.arrays import Array, to_numpy
from csmri.formats import Scan
from solvers import Result

NOISE_SHARE = 0.2
"""λ/(σ√R) of total variation: tuning found 0.40σ at R = 4 and 0.57σ at R = 8."""
WAVELET_SHARE = 0.25
NOISELESS = 0.002
"""λ over the brightest pixel where the noise cannot be seen."""
CALIBRATION = 24  # samples around zero frequency
NOISE_SLICES = 8


@final
@dataclass(frozen=True)
class Recipe:
    """What is done to every slice; plain values, so that it can be sent and written down.

    Parameters
    ----------
    method : str
        A name of `METHODS`.
    weight : float, optional
        λ in units of the noise σ; chosen from noise and acceleration by default.
    maps : {"espirit", "walsh"}
        How coil sensitivities are found.
    virtual_coils : int
        Coils are compressed to at most as many; 0 keeps them all.
    whiten : bool
        Whether the coils' noise is made white first, where the scan has a noise scan.
    remove_oversampling : bool
        Whether the readout's surplus field of view is cut off.
    iterations : int
        The most that a solver makes.
    tolerance : float
        It stops once the image changes by less, relatively, in an iteration.
    device : str
        "cpu" or "cuda".
    """

    method: str = "tv"
    weight: float | None = None
    maps: str = "espirit"
    virtual_coils: int = 12
    whiten: bool = True
    remove_oversampling: bool = True
    iterations: int = 200
    tolerance: float = 1e-4
    device: str = "cpu"

    def __post_init__(self):
        for name, known in (("method", METHODS), ("maps", MAPS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"got the {name} {getattr(self, name)!r}, expected one of {', '.join(known)}"
                )
        if self.weight is not None and not (math.isfinite(self.weight) and self.weight >= 0):
            raise ValueError(f"got the weight {self.weight}, expected a finite number ≥ 0")
        for name, least in (("iterations", 1), ("virtual_coils", 0)):
            if getattr(self, name) < least:
                number = f"{getattr(self, name)} {name.replace('_', ' ')}"
                raise ValueError(f"got {number}, expected at least {least}")
        if not self.tolerance > 0:
            raise ValueError(f"got the tolerance {self.tolerance}, expected a number above 0")

    def as_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)


@final
@dataclass(frozen=True, eq=False)
class Noise:
    """What is known of a scan's noise, the same for all its slices.

    Parameters
    ----------
    covariance : (C, C) complex, optional
        Of the coils, in units of the k-space squared. None where no noise is to be seen.
    of_noise_scan : bool
        Whether it is that of a noise scan. That of outermost samples holds what is left of the
        image there, which coils share: whitening by it would take of the image itself.
    """

    covariance: np.ndarray | None
    of_noise_scan: bool = False

    @property
    def sigma(self) -> float | None:
        """√ of the coils' mean noise variance."""
        if self.covariance is None:
            return None
        return math.sqrt(float(np.trace(self.covariance).real) / len(self.covariance))


def noise_of(scan: Scan) -> Noise:
    """The noise by the noise scan, or by the outermost samples of a few slices."""
    if scan.noise is not None and scan.noise.shape[1] >= 4 * scan.coils:
        return _usable(scan.noise, of_noise_scan=True)
    numbers = np.unique(np.linspace(0, scan.slices - 1, NOISE_SLICES).round().astype(int))
    samples = []
    for number in numbers:
        one = scan.slice(int(number))
        if np.isfinite(one.kspace).all():
            samples.append(calibration.edge_noise(one.kspace, mask_of(one)))
    if not samples:
        return Noise(None)
    joined = np.concatenate([np.asarray(part) for part in samples], axis=1)
    joined = joined[:, (joined != 0).all(axis=0)]
    if joined.shape[1] < 4 * scan.coils:
        return Noise(None)
    return _usable(joined, of_noise_scan=False)


def _usable(samples: np.ndarray, *, of_noise_scan: bool) -> Noise:
    """The noise of samples, with None in place of a covariance that cannot be inverted."""
    covariance = np.asarray(calibration.noise_covariance(samples))
    energies = np.linalg.eigvalsh(covariance)
    usable = energies[0] > 1e-6 * energies[-1] > 0
    return Noise(covariance if usable else None, of_noise_scan)


def mask_of(one: Scan) -> np.ndarray:
    """The mask of a slice.

    Raises
    ------
    ValueError
        Where the file has none and some samples are exactly 0.
    """
    if one.mask is not None:
        return one.mask
    empty = (one.kspace == 0).all(axis=0)
    if empty.mean() > 0.005:
        raise ValueError(
            f"{empty.mean():.1%} of k-space is exactly 0 and the file holds no mask, so what was "
            "measured cannot be told; pass --mask FILE, or --mask nonzero if zeros were not"
        )
    return np.ones(one.shape[-1], bool)


def reconstruct_slice(one: Scan, recipe: Recipe, noise: Noise) -> tuple[np.ndarray, dict[str, Any]]:
    """The image of a slice (H, W), in the units of the data, and facts about how it was made.

    Raises
    ------
    ValueError
        For k-space that is not finite or empty, or a mask that is missing.
    """
    since = time.perf_counter()
    if recipe.remove_oversampling:
        one = one.without_oversampling()
    kspace, mask = np.asarray(one.kspace), mask_of(one)
    bad = np.argwhere(~np.isfinite(kspace))
    if len(bad):
        raise ValueError(
            f"{len(bad):,} samples are not finite, the first at {tuple(bad[0].tolist())} (coil, "
            "row, column); set them to 0 and leave them out of the mask"
        )
    kspace = np.where(mask, kspace, 0)
    if not kspace.any():
        raise ValueError("every measured sample is 0; leave the slice out")
    whitens = recipe.whiten and noise.of_noise_scan and len(kspace) > 1
    kspace, scale, sigma = _in_units_of_noise(kspace, noise, whitens)
    facts: dict[str, Any] = {"method": recipe.method, "coils": len(kspace)}
    if sigma is not None:
        facts |= {"sigma": sigma, "whitened": whitens}
    if recipe.virtual_coils and len(kspace) > recipe.virtual_coils:
        before = float(np.linalg.norm(kspace.ravel()))
        kspace = np.asarray(calibration.compress_coils(kspace, recipe.virtual_coils))
        facts["virtual_coils"] = len(kspace)
        facts["energy_kept"] = (float(np.linalg.norm(kspace.ravel())) / before) ** 2
    maps = None if len(kspace) == 1 else _maps(kspace, mask, recipe)
    y = placed(kspace[0] if maps is None else kspace, recipe.device)
    A = MaskedFourier(
        placed(mask, recipe.device), None if maps is None else placed(maps, recipe.device)
    )
    weight = _weight(A, recipe, sigma)
    answer = METHODS[recipe.method](A, y, replace(recipe, weight=weight))
    if isinstance(answer, Result):
        facts |= {"iterations": int(answer.iterations), "solver": answer.choice or answer.solver}
        facts |= {} if recipe.method == "sense" else {"weight_over_noise": weight}
        answer = answer.x
    facts["seconds"] = time.perf_counter() - since
    return np.asarray(to_numpy(answer) * scale).astype(kspace.dtype), facts


def _in_units_of_noise(
    kspace: np.ndarray, noise: Noise, whitens: bool
) -> tuple[np.ndarray, float, float | None]:
    """K-space with noise of σ = 1, the unit that takes images back, and σ in units of the data.

    Without a known noise the brightest pixel is made 1 in its place.
    """
    sigma = noise.sigma
    if sigma is None or noise.covariance is None:
        unit = float(np.abs(MaskedFourier(np.ones(kspace.shape[-1], bool)).adjoint(kspace)).max())
        return (kspace / np.float32(unit)).astype(kspace.dtype), unit, None
    if whitens:
        return np.asarray(calibration.prewhiten(kspace, noise.covariance)), sigma, sigma
    return (kspace / np.float32(sigma)).astype(kspace.dtype), sigma, sigma


def _maps(kspace: np.ndarray, mask: np.ndarray, recipe: Recipe) -> np.ndarray:
    return np.asarray(MAPS[recipe.maps](kspace, calibration=calibration_region(mask, kspace)))


def calibration_region(mask: np.ndarray, kspace: np.ndarray) -> tuple[int, int]:
    """Rows and columns of the largest measured block around zero frequency, at most 24 each."""
    whole = np.broadcast_to(mask, kspace.shape[-2:])
    sizes = [min(CALIBRATION, n) for n in whole.shape]

    def block(rows: int, columns: int) -> bool:
        places = (slice(n // 2 - s // 2, n // 2 - s // 2 + s)
                  for n, s in zip(whole.shape, (rows, columns), strict=True))  # fmt: skip
        return bool(whole[tuple(places)].all())

    while not block(*sizes):
        if mask.ndim == 1 or (whole == whole[:1]).all():
            sizes[1] -= 1
        else:
            sizes = [n - 1 for n in sizes]
        if min(sizes) < 6:
            raise ValueError(
                "the middle of k-space is not fully measured (a block of at least 6 x 6 is "
                "needed), so coil sensitivities cannot be found; measure it, or compress to one "
                "coil (--coils 1)"
            )
    return sizes[0], sizes[1]


def _weight(A: MaskedFourier, recipe: Recipe, sigma: float | None) -> float:
    """λ in the units of the solve, where σ is 1 or, without it, the brightest pixel."""
    if recipe.weight is not None:
        return recipe.weight if sigma is not None else recipe.weight * NOISELESS / NOISE_SHARE
    if sigma is None:
        return NOISELESS
    acceleration = 1 / float(to_numpy(A.mask).mean())
    share = WAVELET_SHARE if recipe.method == "wavelet" else NOISE_SHARE
    return share * math.sqrt(acceleration)


MAPS: dict[str, Callable[..., Array]] = {
    "espirit": calibration.espirit,
    "walsh": calibration.walsh,
}
"""How coil sensitivities are found, by name."""
