"""What is asked of an array, on every array library."""

import numpy as np
import pytest
from properties import random_complex

from csmri.arrays import (
    Placed,
    aligned,
    array_namespace,
    as_complex,
    as_double,
    at_least_zero,
    beside,
    detached,
    inner,
    is_single,
    norm,
    require_finite,
    sum_per_image,
    to_numpy,
)

REAL_AND_COMPLEX = {"float32": "complex64", "float64": "complex128"}


@pytest.mark.parametrize(("real", "complex_"), REAL_AND_COMPLEX.items())
def test_real_numbers_become_complex_ones_of_their_precision(xp, real, complex_):
    x = xp.asarray([1.5, -2.0], dtype=getattr(xp, real))
    assert as_complex(x).dtype == getattr(xp, complex_)
    assert to_numpy(as_complex(x)).tolist() == [1.5, -2.0]
    z = as_complex(x)
    assert as_complex(z) is z


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_numbers_without_a_fraction_are_no_images(xp, dtype):
    x = xp.ones((2,), dtype=getattr(xp, dtype))
    with pytest.raises(TypeError, match=rf"{dtype}, expected complex64.*convert it first"):
        as_complex(x)


@pytest.mark.parametrize(("real", "complex_"), REAL_AND_COMPLEX.items())
def test_single_precision_is_told_from_double(xp, real, complex_):
    for dtype in (real, complex_):
        assert is_single(xp.ones((1,), dtype=getattr(xp, dtype))) == (real == "float32")


def test_double_precision_keeps_real_real_and_booleans_as_they_are(xp):
    assert as_double(xp.ones((2,), dtype=xp.float32)).dtype == xp.float64
    assert as_double(xp.ones((2,), dtype=xp.complex64)).dtype == xp.complex128
    assert as_double(xp.ones((2,), dtype=xp.bool)).dtype == xp.bool


def test_an_array_is_brought_beside_another(xp):
    like = random_complex(xp, (2, 3))
    mask = np.asarray([True, False, True])
    moved = beside(mask, like)
    assert array_namespace(moved) is array_namespace(like)
    assert moved.dtype == xp.bool
    assert to_numpy(moved).tolist() == mask.tolist()
    assert beside(moved, like) is moved


@pytest.mark.parametrize(
    ("what", "remedy"),
    [
        ([1.0, 2.0], r"got list, expected arrays of one library.*np\.asarray makes them"),
        (np.ma.masked_array([1.0], mask=[True]), r"got a masked array.*x\.filled\(0\)"),
    ],
)
def test_what_is_no_plain_array_is_refused_with_a_remedy(what, remedy):
    with pytest.raises(TypeError, match=remedy):
        array_namespace(what)


def test_a_file_mapped_into_memory_is_an_array(tmp_path):
    np.save(tmp_path / "x.npy", np.ones(3))
    assert array_namespace(np.load(tmp_path / "x.npy", mmap_mode="r")) is array_namespace(
        np.ones(3)
    )


def test_numpy_arrays_are_their_own_host_copy():
    x = np.ones(3)
    assert to_numpy(x) is x


def test_a_tensor_with_a_gradient_comes_to_the_host():
    torch = pytest.importorskip("torch")
    assert to_numpy(torch.ones(2, requires_grad=True)).tolist() == [1, 1]


def test_inner_product_and_norm_are_those_of_real_and_imaginary_parts(xp):
    a, b = random_complex(xp, (3, 4, 5)), random_complex(xp, (3, 4, 5), seed=1)
    a_, b_ = to_numpy(a), to_numpy(b)
    expected = (a_.real * b_.real + a_.imag * b_.imag).sum((-2, -1), keepdims=True)
    assert to_numpy(inner(a, b)) == pytest.approx(expected, rel=1e-13)
    assert to_numpy(norm(a)) == pytest.approx(np.linalg.norm(a_, axis=(-2, -1), keepdims=True))
    assert norm(xp.astype(a, xp.complex64)).dtype == xp.float32


def test_inner_product_of_real_images_is_taken_too(xp):
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    assert float(inner(x, x)[0, 0]) == 30


@pytest.mark.parametrize("batch_axes", [0, 1, 2, 3])
def test_sums_over_all_axes_but_those_of_the_batch(xp, batch_axes):
    values = np.arange(24.0).reshape(2, 3, 4)
    total = to_numpy(sum_per_image(xp.asarray(values), batch_axes))
    assert total.shape == values.shape[:batch_axes]
    assert np.array_equal(total, values.sum(axis=tuple(range(batch_axes, 3))))


@pytest.mark.parametrize("value", [np.nan, np.inf, complex(0, np.nan)])
def test_values_that_are_not_finite_are_named_by_index(xp, value):
    x = np.ones((2, 3, 4), complex)
    x[1, 2, 0] = x[1, 2, 3] = value
    with pytest.raises(ValueError, match=r"the field holds 2 values .* index \(1, 2, 0\).*replace"):
        require_finite("the field", xp.asarray(x))


def test_finite_values_pass(xp):
    require_finite("the field", random_complex(xp, (2, 3)))


def test_an_array_is_moved_and_converted_once_for_each_place(xp):
    mask, x = np.asarray([True, False]), xp.asarray([1.0, 2.0])
    placed = Placed(mask)
    moved = placed.beside(x)
    assert array_namespace(moved) is array_namespace(x)
    assert to_numpy(moved).tolist() == [True, False]
    assert placed.beside(x) is moved
    assert placed.beside(mask) is mask
    numbers = placed.beside(x, x.dtype)
    assert numbers.dtype == x.dtype
    assert placed.beside(x, x.dtype) is numbers
    assert placed.beside(x, moved.dtype) is moved


def test_what_torch_differentiates_is_not_kept():
    torch = pytest.importorskip("torch")
    maps = torch.ones(3, dtype=torch.complex128, requires_grad=True)
    placed, x = Placed(maps), torch.ones(3, dtype=torch.complex64)
    assert placed.beside(x, x.dtype) is not placed.beside(x, x.dtype)
    with torch.inference_mode():
        inside = Placed(np.ones(3)).beside(x)
    assert inside.is_inference()
    constant = Placed(np.ones(3))
    with torch.inference_mode():
        constant.beside(x)
    assert not constant.beside(x).is_inference()
    assert detached(maps).requires_grad is False


def test_numbers_of_images_meet_what_lies_between_batch_and_image(xp):
    each = xp.asarray([[[1.0]], [[2.0]]])
    assert aligned(each, xp.ones((2, 3, 4, 5))).shape == (2, 1, 1, 1)
    assert aligned(each, xp.ones((2, 4, 5))).shape == (2, 1, 1)
    assert aligned(0.5, each) == 0.5
    assert detached(each) is each or array_namespace(each).__name__.endswith("torch")


def test_at_least_zero_passes_nan_on(xp):
    x = xp.asarray([-1.0, 0.0, 2.0, float("nan")])
    assert to_numpy(at_least_zero(x)).tolist()[:3] == [0.0, 0.0, 2.0]
    assert np.isnan(to_numpy(at_least_zero(x))[3])
