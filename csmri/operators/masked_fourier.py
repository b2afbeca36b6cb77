"""M F S: the Cartesian MRI measurement, with everything that is cheap about it."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

from csmri import kernels
from csmri.arrays import Array, Placed, array_namespace, as_complex, is_single
from csmri.kernels.sense import sense_normal
from csmri.operators.base import BatchIndex, LinearOperator, one_of_batch
from csmri.operators.coils import Coils
from csmri.operators.fourier import Fourier, shift_phases, uncentred
from csmri.operators.sampling import Sampling, require_broadcast, require_fitting_mask


@final
@dataclass(frozen=True, eq=False)
class MaskedFourier(LinearOperator):
    """M F S: x ↦ mask · F(s_c x), what the scanner measures of an image x.

    Parameters
    ----------
    mask : (W,) or (H, W) or (..., H, W) bool
        True where k-space is measured, centred. A column mask (W,) holds for every row: whole
        columns are measured, phase encoding runs along the last axis. With several coils, leading
        axes broadcast against (..., C, H, W).
    maps : (..., C, H, W) complex, optional
        Coil sensitivities; without them there is one coil of sensitivity 1.

    Notes
    -----
    Images (..., H, W) go to k-space (..., H, W), or (..., C, H, W) with maps. F is the centred
    unitary transform of `Fourier`. `normal` pays no shift, since masking is a circular convolution
    and shifts commute with it; under a column mask it transforms along the phase-encode axis
    alone, since along the readout F is unitary and fully sampled.
    """

    mask: Array
    maps: Array | None = None

    def __post_init__(self):
        Sampling(self.mask)
        if self.coils is not None:
            require_fitting_mask(self.mask, tuple(self.coils.maps.shape))

    def __call__(self, x: Array) -> Array:
        require_fitting_mask(self.mask, tuple(x.shape))
        return Sampling(self.mask)(Fourier()(self._to_coils(x)))

    def adjoint(self, y: Array) -> Array:
        require_fitting_mask(self.mask, tuple(y.shape))
        return self._from_coils(Fourier().adjoint(Sampling(self.mask)(y)))

    def normal(self, x: Array) -> Array:
        """AᴴA x = Sᴴ Fᴴ M F S x, by 1-D transforms under a column mask."""
        require_fitting_mask(self.mask, tuple(x.shape))
        x, columns = as_complex(x), self.samples_whole_columns
        if self.coils is not None:
            mask = self._placed_mask.beside(x)
            return sense_normal(x, self.coils.maps_for(x), mask, columns=columns)
        return kernels.filtered(x, self._factor_for(x), columns=columns)

    def spectrum(self, x: Array) -> Array:
        """The transform in which masking is diagonal: 1-D under a column mask; without shifts."""
        x = as_complex(x)
        return kernels.fft(x) if self.samples_whole_columns else kernels.fft2(x)

    def data_spectrum(self, y: Array) -> Array:
        """The 2-D transform of Aᴴy without shifts, for one coil: no transform, only phases."""
        require_fitting_mask(self.mask, tuple(y.shape))
        y = as_complex(y)
        rows, columns = shift_phases(*y.shape[-2:], like=y)
        return kernels.shifted_product(y, rows, columns * self._factor_for(y))

    def squared_error(self, x: Array, data: Array) -> Array:
        """‖A x − y‖² for one coil, where `data` is the `data_spectrum` of y."""
        require_fitting_mask(self.mask, tuple(x.shape))
        k = kernels.fft2(as_complex(x))
        return kernels.squared_error(k, data, self._placed_mask.beside(k))

    def moved_to_data(
        self, x: Array, data: Array, step: Array | float, *, out: Array | None = None
    ) -> Array:
        """x − step · AᴴA (x − z) for one coil, where `data` is the spectrum of z.

        In the spectrum only samples change, by `step` of the way to the data: one transform pair.
        `out`, which may be x, offers memory.
        """
        require_fitting_mask(self.mask, tuple(x.shape))
        x, columns = as_complex(x), self.samples_whole_columns
        mask = self._placed_mask.beside(x)
        return kernels.move_to_data(x, data, mask, step, columns=columns, out=out)

    def norm_bound(self) -> float:
        """‖M F S‖ ≤ max over pixels of √Σ_c |s_c|²: 1 for one coil and for normalised maps."""
        return 1.0 if self.coils is None else self.coils.norm_bound()

    @property
    def extra_axes(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """1 with maps: the coils."""
        return 0 if self.maps is None else 1

    @cached_property
    def coils(self) -> Coils | None:
        """S, with its maps checked once."""
        return None if self.maps is None else Coils(self.maps)

    @cached_property
    def samples_whole_columns(self) -> bool:
        """Whether the mask is constant along the readout, found from the mask itself."""
        if self.mask.ndim == 1 or self.mask.shape[-2] == 1:
            return True
        xp = array_namespace(self.mask)
        return bool(xp.all(self.mask == self.mask[..., :1, :]))

    @cached_property
    def unshifted_mask(self) -> Array:
        """The mask with zero frequency first; one row where it samples whole columns."""
        if self.samples_whole_columns:
            mask = self.mask if self.mask.ndim == 1 else self.mask[..., :1, :]
            return uncentred(mask, axes=(-1,))
        return uncentred(self.mask)

    @cached_property
    def _placed_mask(self) -> Placed:
        return Placed(self.unshifted_mask)

    def _factor_for(self, x: Array) -> Array:
        """The unshifted mask as 1 and 0, in the real precision of x."""
        xp = array_namespace(x)
        return self._placed_factor.beside(x, xp.float32 if is_single(x) else xp.float64)

    @cached_property
    def _placed_factor(self) -> Placed:
        return Placed(self.unshifted_mask)

    @property
    def normal_is_projection(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """True for one coil: F is unitary and M a projection."""
        return self.maps is None

    def normal_symbol(self, shape: tuple[int, int]) -> Array | None:
        """The mask with zero frequency first, for one coil."""
        if self.maps is not None:
            return None
        xp = array_namespace(self.mask)
        return xp.astype(self.unshifted_mask, xp.float64)

    def nearby_symbol(self, shape: tuple[int, int]) -> Array | float:
        """With several coils, the share of k-space that is sampled."""
        symbol = self.normal_symbol(shape)
        if symbol is not None:
            return symbol
        xp = array_namespace(self.mask)
        return self.norm_bound() ** 2 * float(xp.mean(xp.astype(self.mask, xp.float64)))

    def check_data(self, y: Array) -> None:
        """Refuse k-space of the wrong shape, and k-space that is nonzero off the mask."""
        if self.maps is not None:
            if tuple(y.shape[-3:]) != tuple(self.maps.shape[-3:]):
                raise ValueError(
                    f"got k-space of {tuple(y.shape)}, expected (..., C, H, W) ending in "
                    f"{tuple(self.maps.shape[-3:])}, the shape of the maps; "
                    "move the coil axis to -3, or calibrate maps for these coils"
                )
            require_broadcast("array of maps", tuple(self.maps.shape), tuple(y.shape))
        Sampling(self.mask).check_data(y)

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...]) -> "MaskedFourier":
        if self.maps is None:
            return MaskedFourier(one_of_batch(self.mask, index, axes=2))
        # A mask (..., C or 1, H, W) has its coil axis beside the grid; (H, W) and (W,) have none.
        mask = one_of_batch(self.mask, index, axes=3)
        return MaskedFourier(mask, one_of_batch(self.maps, index, axes=3))

    def _to_coils(self, x: Array) -> Array:
        return as_complex(x) if self.coils is None else self.coils(x)

    def _from_coils(self, x: Array) -> Array:
        return x if self.coils is None else self.coils.adjoint(x)
