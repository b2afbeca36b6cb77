"""The methods of `csmri reconstruct`: from an operator and its k-space to an image."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from csmri import L1, Fourier, MaskedFourier, TotalVariation, Wavelet
from csmri.app.networks import learned_package
from csmri.arrays import Array, to_numpy
from csmri.baselines import grappa, homodyne, projections
from solvers import RelativeChange, Result, conjugate_gradient, minimise

if TYPE_CHECKING:
    from csmri.app.pipeline.recipe import Recipe


def _zero_filled(A: MaskedFourier, y: Array, recipe: "Recipe") -> Array:
    return A.adjoint(y)


def _sense(A: MaskedFourier, y: Array, recipe: "Recipe") -> Result:
    return conjugate_gradient(
        A, y, iterations=min(recipe.iterations, 30), stop=RelativeChange(recipe.tolerance)
    )


def _tv(A: MaskedFourier, y: Array, recipe: "Recipe") -> Result:
    return _minimised(A, y, (recipe.weight or 0.0) * TotalVariation(), recipe)


def _wavelet(A: MaskedFourier, y: Array, recipe: "Recipe") -> Result:
    levels = min(4, *(_twos(int(n)) for n in y.shape[-2:]))
    if levels < 1:
        raise ValueError(
            f"got images of {tuple(y.shape[-2:])}, expected even sizes for wavelets; take tv"
        )
    return _minimised(A, y, (recipe.weight or 0.0) * (L1() @ Wavelet("db4", levels=levels)), recipe)


def _twos(n: int) -> int:
    """How often n can be halved."""
    return (n & -n).bit_length() - 1


def _minimised(A: MaskedFourier, y: Array, R: Any, recipe: "Recipe") -> Result:
    stop = RelativeChange(recipe.tolerance, every=5)  # each look may cost an image
    return minimise(A, y, R, iterations=recipe.iterations, stop=stop)


def _grappa(A: MaskedFourier, y: Array, recipe: "Recipe") -> Array:
    if A.coils is None:
        raise ValueError("got one coil, expected several: GRAPPA learns from them; take tv")
    return A.coils.adjoint(Fourier().adjoint(grappa(y, A.mask)))


def _partial_fourier(
    method: Callable[[Array, Array], Array],
) -> Callable[[MaskedFourier, Array, "Recipe"], Array]:
    """Coil by coil, then combined by the maps."""

    def reconstruct(A: MaskedFourier, y: Array, recipe: "Recipe") -> Array:
        images = method(y, A.mask)
        return images if A.coils is None else A.coils.adjoint(images)

    return reconstruct


def _network(name: str) -> Callable[[MaskedFourier, Array, "Recipe"], Array]:
    def reconstruct(A: MaskedFourier, y: Array, recipe: "Recipe") -> Array:
        network = learned_package(f"the method {name!r}").load(name)
        if recipe.device != "cpu":
            network.network.to(recipe.device)
        mask, maps = to_numpy(A.mask), None if A.maps is None else to_numpy(A.maps)
        if unlike := network.unlike_training(mask, maps):
            warnings.warn(
                f"{name} was never trained on the like of this scan: {unlike}; "
                "compare its images with those of tv",
                stacklevel=2,
            )
        return network(to_numpy(y), mask, maps)

    return reconstruct


METHODS: dict[str, Callable[[MaskedFourier, Array, "Recipe"], Any]] = {
    "tv": _tv,
    "wavelet": _wavelet,
    "sense": _sense,
    "zero-filled": _zero_filled,
    "grappa": _grappa,
    "homodyne": _partial_fourier(homodyne),
    "pocs": _partial_fourier(projections),
    "refined": _network("refined"),
    "refined-unet": _network("refined_unet"),
    "refined-long": _network("refined_long"),
    "unrolled": _network("unrolled"),
    "unet": _network("unet"),
}
"""How the image is found, by name."""
