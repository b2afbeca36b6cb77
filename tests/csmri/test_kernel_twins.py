"""Every twin equals its definition, leaves its inputs alone, and can be done without."""

import sys

import numpy as np
import pytest
from twins import (
    BOUNDARIES,
    DTYPES,
    KINDS,
    SHAPES,
    assert_equal,
    assert_unwritten,
    needs_numba,
    numbers,
)

from csmri import kernels
from csmri.kernels import agnostic, agnostic_wavelet, compilation
from csmri.operators.wavelet import lowpass


@pytest.fixture
def no_definitions(monkeypatch):
    """A call that reaches a definition fails: what passes was computed by a twin."""

    def refuse(*_args, **_keywords):
        raise AssertionError("the definition was called where a twin was expected")

    def forbid(*names):
        for name in names:
            home = agnostic if hasattr(agnostic, name) else agnostic_wavelet
            monkeypatch.setattr(home, name, refuse)

    return forbid


@pytest.fixture
def without_numba(monkeypatch):
    monkeypatch.setattr(compilation, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "numba", None)
    compilation.has_numba.cache_clear()
    yield
    compilation.has_numba.cache_clear()


@needs_numba
@BOUNDARIES
@KINDS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_step_of_split_total_variation(shape, dtype, isotropic, periodic, no_definitions):
    w, x = numbers((2, 3, 2, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    keywords = {"alpha": 1.8, "isotropic": isotropic, "periodic": periodic}
    kept = w.copy(), x.copy()
    expected = agnostic.difference_shrink_relax(w, x, 0.7, **keywords)
    no_definitions("difference_shrink_relax")
    assert_equal(kernels.difference_shrink_relax(w, x, 0.7, **keywords), expected)
    assert_unwritten((w, x), kept)

    t = np.empty_like(x)
    result = kernels.difference_shrink_relax(w, x, 0.7, out=(w, t), **keywords)
    assert result[0] is w
    assert result[1] is t
    assert_equal(result, expected)
    assert_unwritten((x,), kept[1:])


@needs_numba
@pytest.mark.parametrize("threshold", [0.0, 0.3])
def test_the_step_of_split_total_variation_from_zero(threshold, no_definitions):
    w, x = np.zeros((2, 8, 8), "complex128"), np.zeros((8, 8), "complex128")
    x[2:5, 3:6] = 1 + 1j
    expected = agnostic.difference_shrink_relax(w, x, threshold, alpha=1.0)
    no_definitions("difference_shrink_relax")
    assert_equal(kernels.difference_shrink_relax(w, x, threshold, alpha=1.0), expected)


@needs_numba
@BOUNDARIES
@KINDS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_dual_step_of_total_variation(shape, dtype, isotropic, periodic, no_definitions):
    p, x = numbers((2, 3, 2, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    keywords = {"sigma": 0.3, "over": 1.9, "isotropic": isotropic, "periodic": periodic}
    kept = p.copy(), x.copy()
    expected = agnostic.difference_dual_step(p, x, 0.7, **keywords)
    adjoint = agnostic.forward_differences_adjoint(p, periodic=periodic)
    no_definitions("difference_dual_step", "forward_differences_adjoint")
    assert_equal(kernels.difference_dual_step(p, x, 0.7, **keywords), expected)
    assert_equal(kernels.forward_differences_adjoint(p, periodic=periodic), adjoint)
    assert_unwritten((p, x), kept)

    t = np.empty_like(x)
    result = kernels.difference_dual_step(p, x, 0.7, out=(p, t), **keywords)
    assert result[0] is p
    assert result[1] is t
    assert_equal(result, expected)


@needs_numba
def test_a_projection_onto_a_ball_of_radius_zero_is_zero():
    p, x = numbers((2, 8, 8), "complex64"), numbers((8, 8), "complex64")
    p[:, 2, 3], x[2:4, 3:5] = 0, 0
    projected, t = kernels.difference_dual_step(p, x, 0.0, sigma=1.0)
    assert not projected.any()
    assert not t.any()


FILTERS = pytest.mark.parametrize("name", ["haar", "db2", "db3", "db4", "sym6", "coif3", "db19"])
# The last filter is longer than every row, and wraps several times.
SPLITS = pytest.mark.parametrize(
    ("shape", "levels"),
    [((2, 8), 1), ((16, 40), 3), ((6, 10), 1), ((48, 64), 4), ((4, 148), 2)],
)


@needs_numba
@FILTERS
@SPLITS
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_wavelet_transforms(name, shape, levels, dtype, no_definitions):
    x, h = numbers((2, 3, *shape), dtype), lowpass(name)
    kept = x.copy()
    forward = agnostic_wavelet.wavelet_analysis(x, h, levels)
    backward = agnostic_wavelet.wavelet_synthesis(x, h, levels)
    shrunk = agnostic_wavelet.wavelet_shrink(x, h, levels, 0.7)
    no_definitions("wavelet_analysis", "wavelet_synthesis", "wavelet_shrink")
    assert_equal(kernels.wavelet_analysis(x, h, levels), forward)
    assert_equal(kernels.wavelet_synthesis(x, h, levels), backward)
    assert_equal(kernels.wavelet_shrink(x, h, levels, 0.7), shrunk)
    out = np.empty_like(x)
    assert kernels.wavelet_analysis(x, h, levels, out=out) is out
    assert_equal(out, forward)
    assert kernels.wavelet_synthesis(x, h, levels, out=out) is out
    assert_equal(out, backward)
    assert_unwritten((x,), (kept,))
    assert kernels.wavelet_shrink(x, h, levels, 0.7, out=x) is x
    assert_equal(x, shrunk)


@needs_numba
@SPLITS
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_relaxed_step_through_wavelets(shape, levels, dtype, no_definitions):
    (c, x), h = (numbers((2, *shape), dtype, seed) for seed in range(2)), lowpass("db4")
    kept = c.copy(), x.copy()
    expected = agnostic_wavelet.wavelet_shrink_relax(c, x, h, levels, 0.7, alpha=1.8)
    no_definitions("wavelet_shrink_relax")
    fused = kernels.wavelet_shrink_relax(c, x, h, levels, 0.7, alpha=1.8)
    assert_unwritten((c, x), kept)
    out = (c, x)
    given = kernels.wavelet_shrink_relax(c, x, h, levels, 0.7, alpha=1.8, out=out)
    for one, other, room, twin in zip(fused, given, out, expected, strict=True):
        assert_equal(one, twin)
        assert_equal(other, twin)
        assert other is room


def test_wavelets_that_no_twin_serves_go_to_the_definition():
    h, x = lowpass("db2"), numbers((2, 8, 8), "complex128")
    expected = agnostic_wavelet.wavelet_shrink(x, h, 2, 0.7)
    assert_equal(kernels.wavelet_shrink(np.asfortranarray(x), h, 2, 0.7), expected)
    assert_equal(kernels.wavelet_shrink(x, h, 2, np.full((1, 8, 8), 0.7)), expected)
    narrow = kernels.wavelet_analysis(x, h, 3)
    assert_equal(narrow, agnostic_wavelet.wavelet_analysis(x, h, 3))
    real = kernels.wavelet_analysis(x.real, h, 2)
    assert real.dtype == np.float64
    np.testing.assert_allclose(real, kernels.wavelet_analysis(x, h, 2).real, atol=1e-13)


POINTWISE = {
    "soft_threshold": lambda a, b, c: (a, 0.7),
    "group_soft_threshold": lambda a, b, c: (a, 0.7, -3),
    "relax": lambda a, b, c: (a, b, c, 1.8),
    "reflect": lambda a, b, c: (a, b),
    "extrapolate": lambda a, b, c: (a, b, 0.3),
}


@needs_numba
@pytest.mark.parametrize("name", POINTWISE)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 7), (64, 48)])
def test_updates_of_every_pixel_alike(name, dtype, shape, no_definitions):
    arrays = tuple(numbers((3, 2, *shape), dtype, seed) for seed in range(3))
    kept = tuple(array.copy() for array in arrays)
    arguments = POINTWISE[name](*arrays)
    expected = getattr(agnostic, name)(*arguments)
    no_definitions(name)
    assert_equal(getattr(kernels, name)(*arguments), expected)
    assert_unwritten(arrays, kept)


def assert_updates(name, k, *arguments):
    """An update of k equals its definition in new memory, in given memory and in place."""
    kept = k.copy()
    expected = getattr(agnostic, name)(k, *arguments)
    assert_equal(getattr(kernels, name)(k, *arguments), expected)
    out = np.empty_like(k)
    result = getattr(kernels, name)(k, *arguments, out=out)
    assert_equal(result, expected)
    assert_unwritten((k,), (kept,))
    in_place = getattr(kernels, name)(k, *arguments, out=k)
    assert_equal(in_place, expected)
    return result is out and in_place is k


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 7), (64, 48)])
def test_updates_of_k_space_in_place(dtype, shape):
    y = numbers((3, *shape), dtype, seed=1)
    generator = np.random.default_rng(0)
    for mask_shape in (shape[-1:], (1, shape[-1]), shape):
        mask = generator.random(mask_shape) < 0.4
        assert assert_updates("replace_samples", numbers((3, *shape), dtype), y, mask, 0.7)
    for factor_shape in (shape, (3, *shape)):
        factor = generator.random(factor_shape).astype(y.real.dtype)
        assert assert_updates("multiply_add", numbers((3, *shape), dtype), factor, y)


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 7), (64, 48)])
def test_quotients_in_fourier_space(dtype, shape, no_definitions):
    data, real = numbers((3, *shape), dtype), np.empty(0, dtype).real.dtype
    generator = np.random.default_rng(0)
    k = generator.random(shape).astype(real)
    k[0, :4] = 0
    define = agnostic.quotients
    no_definitions("quotients")
    for a_shape in (shape[-1:], (1, shape[-1]), shape):
        a = (generator.random(a_shape) < 0.5).astype(real)
        a[..., 0] = 0  # where k is 0, too
        kept = data.copy(), a.copy(), k.copy()
        expected = define(data, a, k, 0.7)
        assert expected[1][0, 0] == 0
        assert_equal(kernels.quotients(data, a, k, 0.7), expected)
        assert_unwritten((data, a, k), kept)


def test_updates_of_k_space_that_no_twin_serves():
    k, y = numbers((3, 5, 7), "complex128"), numbers((3, 5, 7), "complex128", seed=1)
    mask = np.random.default_rng(0).random((3, 5, 7)) < 0.4
    assert not assert_updates("replace_samples", k.copy(), y, mask, 0.7)
    assert not assert_updates("replace_samples", k.copy(), y, mask[0], np.full((3, 1, 1), 0.7))
    assert not assert_updates("multiply_add", k.copy(), np.full((3, 1, 1), 0.7), y)


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_a_shifted_product(dtype, shape, batch, no_definitions):
    y, real = numbers((*batch, *shape), dtype), numbers(shape, dtype, seed=1).real.copy()
    rows, kept, define = real[:, :1].copy(), y.copy(), agnostic.shifted_product
    no_definitions("shifted_product")
    for columns in (real[0].copy(), real[:1].copy(), real):
        assert_equal(kernels.shifted_product(y, rows, columns), define(y, rows, columns))
    assert_unwritten((y,), (kept,))


@needs_numba
def test_twins_pass_on_what_is_not_finite(no_definitions):
    no_definitions("difference_shrink_relax")
    w, x = numbers((2, 8, 8), "complex64"), numbers((8, 8), "complex64")
    x[3, 4] = np.nan
    for result in kernels.difference_shrink_relax(w, x, 0.7, alpha=1.8):
        assert not np.isfinite(result).all()


def test_what_no_twin_serves_goes_to_the_definition():
    w, x = numbers((2, 8, 8), "complex128"), numbers((8, 8), "complex128", seed=1)
    expected = agnostic.difference_shrink_relax(w, x, 0.7, alpha=1.8)
    strided = np.asfortranarray(w), np.repeat(x, 2, axis=1)[:, ::2]
    assert_equal(kernels.difference_shrink_relax(*strided, 0.7, alpha=1.8), expected)
    per_image = np.full((1, 1, 1), 0.7)
    assert_equal(kernels.difference_shrink_relax(w, x, per_image, alpha=1.8), expected)
    with pytest.raises(ValueError, match="broadcast"):
        kernels.difference_shrink_relax(w, x[:4], 0.7, alpha=1.8)


@pytest.mark.usefixtures("without_numba")
def test_without_numba_the_definitions_serve():
    w, x = numbers((2, 8, 8), "complex64"), numbers((8, 8), "complex64", seed=1)
    assert_equal(
        kernels.difference_shrink_relax(w, x, 0.7, alpha=1.8),
        agnostic.difference_shrink_relax(w, x, 0.7, alpha=1.8),
    )


@needs_numba
def test_twins_are_compiled_where_no_folder_can_keep_them(monkeypatch):
    from numba.core import caching

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    doubled = compilation.compiled(lambda x: x + x)
    assert doubled(np.float32(2)) == 4
