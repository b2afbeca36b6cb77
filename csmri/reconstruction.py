"""What every method of a comparison is: measurements in, image out."""

from typing import Protocol, runtime_checkable

from csmri.arrays import Array

__all__ = ["Reconstruct"]


@runtime_checkable
class Reconstruct(Protocol):
    """Anything that takes what a scanner measured to an image.

    A function ``f(y, mask, maps=None)`` is one, and so are the classical reconstructions of
    `csmri.app.classical` and the trained networks of `learned.load`. Whoever meets it can be
    compared with all others.

    Examples
    --------
    >>> def zero_filled(y, mask, maps=None):
    ...     return MaskedFourier(mask, maps).adjoint(y)
    """

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """Reconstruct one image.

        Parameters
        ----------
        y : (H, W) or (C, H, W) complex
            Measured k-space, centred, zero where it was not sampled.
        mask : (W,) or (H, W) bool
            Where it was sampled.
        maps : (C, H, W) complex, optional
            Coil sensitivities, for k-space of several coils.

        Returns
        -------
        (H, W) complex
            The image, in the units of the data.
        """
        ...
