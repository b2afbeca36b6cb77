"""What we ask of an array: its namespace, its axes, its precision.

The array decides the backend: NumPy and array-api-strict arrays, torch tensors and CuPy arrays all
pass through the same code, and what goes in is what comes out.
"""

from typing import Any

import array_api_compat
import array_api_compat.numpy as compatible_numpy
import numpy as np
from array_api_compat import device, is_cupy_array, is_numpy_array, is_torch_array

Array = Any
"""An array of any library that array-api-compat knows; its docstring states shape and dtype."""

IMAGE_AXES = (-2, -1)
COIL_AXIS = -3

__all__ = [
    "all_true",
    "COIL_AXIS",
    "IMAGE_AXES",
    "Array",
    "Placed",
    "aligned",
    "array_namespace",
    "as_complex",
    "as_double",
    "at_least_zero",
    "beside",
    "detached",
    "device",
    "inner",
    "is_cupy_array",
    "is_numpy_array",
    "is_single",
    "is_torch_array",
    "max_per_image",
    "norm",
    "require_finite",
    "sum_per_image",
    "to_numpy",
]


def array_namespace(*arrays: Array) -> Any:
    """The functions of the library that the arrays are of: NumPy's at once, others looked up."""
    for array in arrays:
        if type(array) is not np.ndarray:
            return _namespace_of(*arrays)
    return compatible_numpy


def _namespace_of(*arrays: Array) -> Any:
    for array in arrays:
        if isinstance(array, np.ma.MaskedArray):
            raise TypeError(
                "got a masked array, expected a plain one: x.filled(0), and what it masks as False "
                "in the sampling mask"
            )
    try:
        return array_api_compat.array_namespace(*arrays)
    except TypeError as error:
        kinds = ", ".join(dict.fromkeys(type(array).__name__ for array in arrays))
        raise TypeError(
            f"got {kinds}, expected arrays of one library, NumPy, CuPy or torch; "
            "np.asarray makes them of lists"
        ) from error


def is_single(x: Array) -> bool:
    """Whether x is of single precision, real or complex."""
    xp = array_namespace(x)
    return x.dtype == xp.float32 or x.dtype == xp.complex64


def precision(x: Array) -> float:
    """The distance from 1 to the next number of the type of x."""
    return float(array_namespace(x).finfo(x.dtype).eps)


def as_complex(x: Array) -> Array:
    """X as complex numbers of its own precision: float32 and complex64 give complex64."""
    if type(x) is np.ndarray and x.dtype.kind == "c":
        return x
    xp = array_namespace(x)
    if xp.isdtype(x.dtype, "complex floating"):
        return x
    if x.dtype == xp.float32:
        return xp.astype(x, xp.complex64)
    if x.dtype == xp.float64:
        return xp.astype(x, xp.complex128)
    raise TypeError(
        f"got an array of {x.dtype}, expected complex64, complex128, float32 or float64; "
        "convert it first, for instance with x.astype('complex64')"
    )


def as_double(x: Array) -> Array:
    """X in double precision, real or complex as it was; anything but floating point unchanged."""
    xp = array_namespace(x)
    if xp.isdtype(x.dtype, "complex floating"):
        return xp.astype(x, xp.complex128, copy=False)
    if xp.isdtype(x.dtype, "real floating"):
        return xp.astype(x, xp.float64, copy=False)
    return x


def beside(array: Array, like: Array) -> Array:
    """`array` in the library and on the device of `like`; itself where it is there already."""
    if type(array) is type(like) and is_numpy_array(like):
        return array
    xp = array_namespace(like)
    if array_namespace(array) is xp and device(array) == device(like):
        return array
    return xp.asarray(to_numpy(array), device=device(like))


class Placed:
    """An array beside whatever it meets, moved and converted once for each place.

    What torch differentiates, or made where it keeps no history, is not kept for other uses.
    """

    def __init__(self, array: Array):
        self._copies: list[Array] = [array]

    def beside(self, like: Array, dtype: Any = None) -> Array:
        """The array in the library and on the device of `like`, of a dtype of that library."""
        original = self._copies[0]
        if dtype is None and type(original) is type(like) is np.ndarray:
            return original
        xp = array_namespace(like)
        for copy in self._copies:
            there = array_namespace(copy) is xp and device(copy) == device(like)
            if there and (dtype is None or copy.dtype == dtype):
                return copy
        copy = beside(original, like)
        copy = copy if dtype is None else xp.astype(copy, dtype, copy=False)
        if not is_torch_array(copy) or not (copy.requires_grad or copy.is_inference()):
            self._copies.append(copy)
        return copy


def aligned(value: Any, like: Any) -> Any:
    """A number for each image, (..., 1, 1), with the axes that `like` has besides batch and image.

    So 1/ρ of a batch meets the differences (..., 2, H, W) of its images. Numbers stay as they are.
    """
    if not hasattr(value, "ndim") or not hasattr(like, "ndim"):
        return value
    between = (1,) * (like.ndim - value.ndim)
    return array_namespace(value).reshape(value, (*value.shape[:-2], *between, 1, 1))


def detached(x: Array) -> Array:
    """x without the history that torch differentiates; the same array elsewhere."""
    return x.detach() if is_torch_array(x) else x


def to_numpy(array: Array) -> np.ndarray:
    """A NumPy array with the same values, on the host."""
    if is_torch_array(array):
        return array.detach().cpu().numpy()
    if is_cupy_array(array):
        return array.get()
    if hasattr(array, "__dlpack__") and not is_numpy_array(array):
        return np.from_dlpack(array)  # from whichever device it is on
    return np.asarray(array)


def inner(a: Array, b: Array) -> Array:
    """Re⟨a, b⟩ of each image, over the last two axes, which are kept with length 1."""
    xp = array_namespace(a, b)
    return xp.sum(xp.real(xp.conj(as_complex(a)) * b), axis=IMAGE_AXES, keepdims=True)


def norm(a: Array) -> Array:
    """‖a‖₂ of each image, over the last two axes, which are kept with length 1."""
    return array_namespace(a).sqrt(inner(a, a))


def sum_per_image(values: Array, batch_axes: int) -> Array:
    """Sum over every axis but the first `batch_axes`: one number an image of the batch."""
    axes = tuple(range(batch_axes, values.ndim))
    return array_namespace(values).sum(values, axis=axes) if axes else values


def energy_per_image(x: Array, batch_axes: int) -> Array:
    """Σ|x|² over every axis but the first `batch_axes`."""
    xp = array_namespace(x)
    return sum_per_image(xp.real(x) ** 2 + xp.imag(x) ** 2, batch_axes)


def max_per_image(values: Array, batch_axes: int) -> Array:
    """The largest over every axis but the first `batch_axes`: one number an image of the batch."""
    axes = tuple(range(batch_axes, values.ndim))
    return array_namespace(values).max(values, axis=axes) if axes else values


def at_least_zero(x: Array) -> Array:
    """max(x, 0), NaN where x is; array-api-compat's clip looks at values on the host instead."""
    xp = array_namespace(x)
    return xp.maximum(x, xp.zeros_like(x))


def all_true(facts: Array) -> bool:
    """Whether every entry of a bool array is True."""
    return bool(array_namespace(facts).all(facts))


def require_finite(name: str, x: Array) -> None:
    """Refuse NaN and infinity by name and index.

    Raises
    ------
    ValueError
        Where any entry of x is not finite.
    """
    xp = array_namespace(x)
    with np.errstate(all="ignore"):  # infinities may meet, and the sum may overflow
        total = xp.sum(x)
    if bool(xp.isfinite(total)):  # cheaper than a look at each
        return
    finite = xp.isfinite(x)
    if bool(xp.all(finite)):
        return
    bad = np.argwhere(~to_numpy(finite))
    index = tuple(int(i) for i in bad[0])
    raise ValueError(
        f"{name} holds {bad.shape[0]} values that are not finite, the first at index {index}; "
        "expected finite numbers: replace the broken ones, or leave them out"
    )
