"""Every CUDA twin equals its definition: compiled as C++ and run on the host, and on a GPU."""

import numpy as np
import pytest
from cuda_on_host import needs_compiler
from properties import assert_close, random_complex, random_mask

from csmri import kernels
from csmri.kernels import (
    agnostic,
    agnostic_penalty,
    agnostic_proof,
    agnostic_wavelet,
    cupy_fft,
    cupy_launch,
    sense,
)
from csmri.operators.wavelet import lowpass

TOLERANCE = {"complex64": 1e-5, "complex128": 1e-12}
DTYPES = pytest.mark.parametrize("dtype", TOLERANCE)
# Sides of one, odd ones, and a row that takes more than one block of threads.
SHAPES = pytest.mark.parametrize("shape", [(8, 8), (5, 7), (1, 6), (6, 1), (3, 300)])
BOUNDARIES = pytest.mark.parametrize("periodic", [True, False], ids=["periodic", "neumann"])
KINDS = pytest.mark.parametrize("isotropic", [True, False], ids=["isotropic", "anisotropic"])

pytestmark = [needs_compiler, pytest.mark.usefixtures("cuda_on_host")]


def numbers(shape, dtype, seed=0):
    return random_complex(np, shape, seed=seed, dtype=dtype)


def an_image(shape, like, seed=9):
    """A positive number for each image, in the real precision of `like`."""
    return np.random.default_rng(seed).random(shape).astype(like.real.dtype)


def assert_equal(results, expected):
    if not isinstance(results, tuple):
        results, expected = (results,), (expected,)
    for a, b in zip(results, expected, strict=True):
        assert a.dtype == b.dtype
        assert_close(a, b, TOLERANCE["complex64" if a.dtype.itemsize < 16 else "complex128"])


def assert_unwritten(arrays, copies):
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@DTYPES
@SHAPES
@KINDS
@BOUNDARIES
def test_the_step_of_split_total_variation(cuda_on_host, shape, dtype, isotropic, periodic):
    w, x = numbers((2, 3, 2, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    kept = w.copy(), x.copy()
    keywords = {"alpha": 1.8, "isotropic": isotropic, "periodic": periodic}
    for threshold in (0.7, an_image((2, 3, 1, 1, 1), w), 0.0):
        expected = agnostic.difference_shrink_relax(w, x, threshold, **keywords)
        assert_equal(kernels.difference_shrink_relax(w, x, threshold, **keywords), expected)
    assert cuda_on_host == 3 * ["shrink_relax"]
    assert_unwritten((w, x), kept)

    t = np.empty_like(x)
    result = kernels.difference_shrink_relax(w, x, 0.0, out=(w, t), **keywords)
    assert result[1] is t
    assert_equal(result, expected)


@DTYPES
@SHAPES
@KINDS
@BOUNDARIES
def test_the_dual_step_of_total_variation(cuda_on_host, shape, dtype, isotropic, periodic):
    p, x = numbers((2, 3, 2, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    keywords = {"over": 1.9, "isotropic": isotropic, "periodic": periodic}
    for radius, sigma in ((0.7, 0.3), (0.0, 0.3), (0.7, an_image((2, 3, 1, 1, 1), p))):
        expected = agnostic.difference_dual_step(p, x, radius, sigma=sigma, **keywords)
        result = kernels.difference_dual_step(p, x, radius, sigma=sigma, **keywords)
        assert_equal(result, expected)
    adjoint = agnostic.forward_differences_adjoint(p, periodic=periodic)
    assert_equal(kernels.forward_differences_adjoint(p, periodic=periodic), adjoint)
    differences = agnostic.forward_differences(x, periodic=periodic)
    assert_equal(kernels.forward_differences(x, periodic=periodic), differences)
    assert cuda_on_host == [*(3 * ["dual_step"]), "differences_adjoint", "forward_differences"]


@DTYPES
@KINDS
@BOUNDARIES
def test_what_a_penalty_needs(cuda_on_host, dtype, isotropic, periodic):
    w, w_next = numbers((2, 3, 2, 5, 40), dtype), numbers((2, 3, 2, 5, 40), dtype, seed=1)
    kind = {"isotropic": isotropic}
    for threshold in (0.7, an_image((2, 3, 1, 1, 1), w)):
        energies = agnostic_penalty.difference_step_energies(
            w, w_next, threshold, alpha=1.8, batch_axes=2, **kind
        )
        found = kernels.difference_step_energies(
            w, w_next, threshold, alpha=1.8, batch_axes=2, **kind
        )
        np.testing.assert_allclose(found, energies, rtol=10 * TOLERANCE[dtype])
    for batch_axes in (0, 1, 2):
        energies = agnostic_penalty.step_energies(
            w, w_next, w_next, w, alpha=1.8, batch_axes=batch_axes
        )
        found = kernels.step_energies(w, w_next, w_next, w, alpha=1.8, batch_axes=batch_axes)
        np.testing.assert_allclose(found, energies, rtol=10 * TOLERANCE[dtype])
    each = an_image((2, 3, 1, 1, 1), w)
    for threshold, ratio in ((0.7, 0.4), (each, 1 + each)):
        keywords = {"ratio": ratio, "periodic": periodic, **kind}
        expected = agnostic_penalty.difference_rescale(w, threshold, **keywords)
        assert_equal(kernels.difference_rescale(w, threshold, **keywords), expected)
    assert cuda_on_host == [
        *(2 * ["difference_step_energies"]),
        *(3 * ["step_energies"]),
        *(2 * ["rescale"]),
    ]


@DTYPES
def test_what_a_penalty_needs_of_shrunk_coefficients(cuda_on_host, dtype):
    c, d = numbers((2, 3, 5, 40), dtype), numbers((2, 3, 5, 40), dtype, seed=1)
    each = an_image((2, 3, 1, 1), c)
    for threshold, ratio in ((0.7, 0.4), (each, 1 + each)):
        keywords = {"alpha": 1.8, "batch_axes": 2}
        moved, energies = agnostic_penalty.shrunk_step(c, d, threshold, **keywords)
        result, found = kernels.shrunk_step(c, d, threshold, **keywords)
        assert_equal(result, moved)
        np.testing.assert_allclose(found, energies, rtol=10 * TOLERANCE[dtype])
        expected = agnostic_penalty.shrunk_rescale(c, threshold, ratio=ratio)
        assert_equal(kernels.shrunk_rescale(c, threshold, ratio=ratio), expected)
    step = ["soft_threshold", "relax", "soft_threshold", "step_energies"]
    assert cuda_on_host == 2 * [*step, "soft_threshold", "extrapolate", "extrapolate"]


@DTYPES
@SHAPES
@KINDS
@BOUNDARIES
def test_what_a_proof_needs(cuda_on_host, shape, dtype, isotropic, periodic):
    p, x = numbers((2, 3, 2, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    kind = {"isotropic": isotropic, "periodic": periodic}
    assert_equal(kernels.difference_sum(x, **kind), agnostic_proof.difference_sum(x, **kind))
    assert_equal(
        kernels.difference_peak(p, x, **kind), agnostic_proof.difference_peak(p, x, **kind)
    )
    assert kernels.difference_sum(x[0, 0], **kind).shape == ()
    assert cuda_on_host == ["difference_sum", "difference_peak", "difference_sum"]
    p[0, 0, 1, 0, 0] = np.nan
    assert np.isnan(kernels.difference_peak(p, x, **kind)[0, 0])


@DTYPES
@SHAPES
def test_what_a_proof_needs_of_spectra(cuda_on_host, shape, dtype):
    k, data = numbers((2, 3, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    kept = k.copy(), data.copy()
    real = np.random.default_rng(2).random(shape).astype(k.real.dtype)
    row, full = (random_mask(np, s, seed=3) for s in (shape[-1:], shape))
    close = {"rtol": 10 * TOLERANCE[dtype]}
    for mask in (None, row, row[None], full):
        expected = agnostic_proof.squared_error(k, data, mask)
        np.testing.assert_allclose(kernels.squared_error(k, data, mask), expected, **close)
    overlap = agnostic_proof.overlap(k, data)
    close_to_zero = {"atol": 10 * TOLERANCE[dtype] * np.sqrt(k.size)}
    np.testing.assert_allclose(kernels.overlap(k, data), overlap, **close_to_zero)
    assert kernels.overlap(k[0, 0], data[0, 0]).shape == ()
    assert_unwritten((k, data), kept)
    for inside in (row, full):
        inside = inside.astype(real.dtype)
        energy, shared, outside = agnostic_proof.split_spectrum(k.copy(), data, inside, real)
        found = kernels.split_spectrum(k.copy(), data, inside, real)
        np.testing.assert_allclose(found[0], energy, **close)
        np.testing.assert_allclose(found[1], shared, **close_to_zero)
        assert_equal(found[2], outside)
    assert cuda_on_host == [*(4 * ["squared_error"]), *(2 * ["overlap"]), *(2 * ["split_spectrum"])]


# The last filter is longer than every row, and wraps several times.
@pytest.mark.parametrize("name", ["haar", "db2", "db3", "sym4", "db19"])
@pytest.mark.parametrize(("shape", "levels"), [((2, 2), 1), ((16, 8), 3), ((6, 10), 1)])
@DTYPES
def test_the_wavelet_transforms(cuda_on_host, name, shape, levels, dtype):
    x, h = numbers((2, 3, *shape), dtype), lowpass(name)
    kept = x.copy()
    forward = agnostic_wavelet.wavelet_analysis(x, h, levels)
    assert_equal(kernels.wavelet_analysis(x, h, levels), forward)
    backward = agnostic_wavelet.wavelet_synthesis(x, h, levels)
    assert_equal(kernels.wavelet_synthesis(x, h, levels), backward)
    for threshold in (0.7, an_image((2, 3, 1, 1), x)):
        shrunk = agnostic_wavelet.wavelet_shrink(x, h, levels, threshold)
        assert_equal(kernels.wavelet_shrink(x, h, levels, threshold), shrunk)
    out = np.empty_like(x)
    assert kernels.wavelet_analysis(x, h, levels, out=out) is out
    assert_equal(out, forward)
    assert kernels.wavelet_synthesis(x, h, levels, out=out) is out
    assert_equal(out, backward)
    assert_unwritten((x,), (kept,))
    assert kernels.wavelet_shrink(x, h, levels, threshold, out=x) is x
    assert_equal(x, shrunk)
    assert len(cuda_on_host) == (2 * 2 + 2 * 2 + 3 * 4) * levels


@DTYPES
def test_the_relaxed_step_through_wavelets(cuda_on_host, dtype):
    c, x = (numbers((2, 3, 16, 8), dtype, seed) for seed in range(2))
    h, kept = lowpass("db2"), (c.copy(), x.copy())
    for threshold in (0.7, an_image((2, 3, 1, 1), x)):
        expected = agnostic_wavelet.wavelet_shrink_relax(c, x, h, 2, threshold, alpha=1.8)
        assert_equal(kernels.wavelet_shrink_relax(c, x, h, 2, threshold, alpha=1.8), expected)
    assert_unwritten((c, x), kept)
    out = c, x
    assert kernels.wavelet_shrink_relax(c, x, h, 2, threshold, alpha=1.8, out=out) == out
    assert_equal(out, expected)
    assert cuda_on_host == 3 * (
        2 * ["split_rows", "split_columns"] + 2 * ["merge_columns", "merge_rows"]
    )


@DTYPES
@SHAPES
def test_updates_of_every_entry_alike(cuda_on_host, shape, dtype):
    a, b, c = (numbers((3, 2, *shape), dtype, seed) for seed in range(3))
    kept = tuple(array.copy() for array in (a, b, c))
    each, of_pairs = an_image((3, 2, 1, 1), a), an_image((3, 1, 1, 1), a)
    for name, arguments in (
        ("soft_threshold", (a, 0.7)),
        ("soft_threshold", (a, each)),
        ("soft_threshold", (a, of_pairs)),
        ("group_soft_threshold", (a, 0.7, -3)),
        ("group_soft_threshold", (a, of_pairs, -3)),
        ("relax", (a, b, c, 1.8)),
        ("reflect", (a, b)),
        ("extrapolate", (a, b, 0.3)),
        ("extrapolate", (a, b, each)),
    ):
        assert_equal(getattr(kernels, name)(*arguments), getattr(agnostic, name)(*arguments))
    assert len(cuda_on_host) == 9
    assert_unwritten((a, b, c), kept)


@DTYPES
@SHAPES
def test_updates_of_k_space(cuda_on_host, shape, dtype):
    k, y = numbers((3, *shape), dtype), numbers((3, *shape), dtype, seed=1)
    for mask_shape in (shape[-1:], (1, shape[-1]), shape):
        mask = random_mask(np, mask_shape)
        for step in (0.7, an_image((3, 1, 1), k)):
            expected = agnostic.replace_samples(k, y, mask, step)
            assert_equal(kernels.replace_samples(k, y, mask, step), expected)
            columns = len(mask_shape) == 1 or mask_shape[0] == 1
            axes = (-1,) if columns else (-2, -1)
            spectrum = np.fft.fftn(k, axes=axes, norm="ortho")
            moved = agnostic.replace_samples(spectrum, y, mask, step)
            back = np.fft.ifftn(moved, axes=axes, norm="ortho").astype(k.dtype)
            assert_equal(kernels.move_to_data(k, y, mask, step, columns=columns), back)
    for factor in (an_image(shape, k), an_image((3, *shape), k)):
        expected = agnostic.multiply_add(k, factor, y)
        assert_equal(kernels.multiply_add(k, factor, y), expected)
        in_place = k.copy()
        assert kernels.multiply_add(in_place, factor, y, out=in_place) is in_place
        assert_equal(in_place, expected)
    assert cuda_on_host == 12 * ["replace_samples"] + 4 * ["multiply_add"]


@DTYPES
@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("batch", [(), (2, 3)])
@pytest.mark.parametrize("room", [1 << 30, 3], ids=["together", "in groups"])
def test_the_normal_operator_of_several_coils(
    cuda_on_host, dtype, columns, batch, room, monkeypatch
):
    shape = (5, 8)
    images = int(np.prod(batch))
    monkeypatch.setattr(cupy_fft, "ROOM", room * 40 * images * np.dtype(dtype).itemsize)
    x = numbers((*batch, *shape), dtype)
    mask = random_mask(np, shape[-1:] if columns else shape)
    for own in ((), batch):
        maps = numbers((*own, 4, *shape), dtype, seed=1)
        expected = sense.definition(x, maps, mask, columns=columns)
        found = sense.sense_normal(x, maps, mask, columns=columns)
        assert_equal(found, expected)
    assert cuda_on_host == 2 * (1 if room > 4 else 2) * ["weigh", "keep", "gather"]


def test_nan_passes_through_what_shrinks(cuda_on_host):
    x = np.full((2, 4, 4), np.nan, "complex64")
    assert np.isnan(kernels.soft_threshold(x, 0.7)).all()
    assert np.isnan(kernels.group_soft_threshold(x, 0.7, -3)).all()


def test_what_no_twin_serves_goes_to_the_definition(cuda_on_host):
    x = numbers((2, 8, 8), "complex128")
    thresholds = np.full((2, 8, 8), 0.7)
    single = np.full((2, 1, 1), 0.7, "float32")
    for threshold in (thresholds, single, np.full((8, 1), 0.7)):
        expected = agnostic.soft_threshold(x, threshold)
        assert_equal(kernels.soft_threshold(x, threshold), expected)
    expected = agnostic_wavelet.wavelet_shrink(x, lowpass("db2"), 2, 0.7)
    assert_equal(kernels.wavelet_shrink(np.asfortranarray(x), lowpass("db2"), 2, 0.7), expected)
    w, x = numbers((2, 2, 8, 8), "complex128"), numbers((2, 8, 8), "complex128", seed=1)
    shared = np.full((1, 1, 1, 1), 0.7)  # one number, but not one for each of both images
    expected = agnostic.difference_shrink_relax(w, x, shared, alpha=1.8)
    assert_equal(kernels.difference_shrink_relax(w, x, shared, alpha=1.8), expected)
    assert cuda_on_host == []


def test_a_source_is_ascii_and_its_blocks_are_whole_warps():
    for path in cupy_launch.SOURCES.glob("*.cu"):
        assert cupy_launch.source(path.stem, single=True).isascii()
    for columns in (1, 31, 32, 33, 256, 257, 320, 1000):
        block = cupy_launch.block_size(columns)
        assert block % 32 == 0
        assert block <= cupy_launch.THREADS
        assert -(-columns // block) * block < columns + block
