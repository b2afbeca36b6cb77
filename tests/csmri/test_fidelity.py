"""The data term: its value, gradient and steps, and what k-space it refuses."""

import numpy as np
import pytest
from properties import assert_close, random_complex, random_mask

from csmri import kernels
from csmri.arrays import sum_per_image, to_numpy
from csmri.fidelity import LeastSquares, least_squares
from csmri.operators import Fourier, MaskedFourier, Sampling

SHAPE = (6, 8)


def forward_models(xp):
    maps = random_complex(xp, (3, *SHAPE), seed=5)
    return {
        "columns": MaskedFourier(random_mask(xp, SHAPE[-1:])),
        "points": MaskedFourier(random_mask(xp, SHAPE)),
        "coils": MaskedFourier(random_mask(xp, SHAPE), maps),
        "coils, columns": MaskedFourier(random_mask(xp, SHAPE[-1:]), maps),
        "composed": Sampling(random_mask(xp, SHAPE)) @ Fourier(),
    }


MODELS = list(forward_models(np))


def data_term(xp, name, batch=(), dtype="complex128"):
    """½‖A x − y‖² of k-space that no image explains."""
    A = forward_models(xp)[name]
    y = A(random_complex(xp, (*batch, *SHAPE), seed=7, dtype=dtype))
    noise = random_complex(xp, tuple(y.shape), seed=8, dtype=dtype)
    mask = getattr(A, "mask", None)
    return least_squares(A, y + Sampling(A.outer.mask if mask is None else mask)(noise))


@pytest.mark.parametrize("name", MODELS)
def test_the_value_is_half_the_squared_residual_over_all_coils(xp, name):
    f = data_term(xp, name)
    x = random_complex(xp, SHAPE)
    residual = to_numpy(f.A(x)) - to_numpy(f.y)
    assert float(f.value(x)) == pytest.approx(np.linalg.norm(residual) ** 2 / 2, rel=1e-13)
    assert_close(f.residual(x), residual, 1e-14)


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_is_that_of_finite_differences(xp, name):
    f = data_term(xp, name)
    x = random_complex(xp, SHAPE)
    gradient = to_numpy(f.gradient(x))
    for seed in range(1, 5):
        d = random_complex(xp, SHAPE, seed=seed)
        # f is quadratic, so that central differences are exact for any step.
        slope = float(f.value(x + d) - f.value(x - d)) / 2
        assert slope == pytest.approx(np.vdot(to_numpy(d), gradient).real, rel=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_is_that_of_automatic_differentiation(name):
    torch = pytest.importorskip("torch")
    f = data_term(torch, name)
    x = random_complex(torch, SHAPE).requires_grad_()
    f.value(x).backward()
    assert_close(f.gradient(x), x.grad, 1e-12)
    x.grad = None
    weights = random_complex(torch, SHAPE, seed=3)
    step = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    torch.sum((torch.conj(weights) * f.gradient_step(x, step)).real).backward()
    assert_close(x.grad, weights - 0.3 * f.A.normal(weights), 1e-12)
    expected = -np.vdot(to_numpy(weights), to_numpy(f.gradient(x))).real
    assert float(step.grad) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_steps_follow_the_gradient(xp, name):
    f = data_term(xp, name)
    x, direction = random_complex(xp, SHAPE), random_complex(xp, SHAPE, seed=2)
    gradient = f.gradient(x)
    assert_close(f.gradient_step(x, 0.7), x - 0.7 * gradient, 1e-14)
    assert_close(f.primal_step(x, direction, 0.7), x - 0.7 * (gradient + direction), 1e-14)
    assert_close(f.zero_filled, f.A.adjoint(f.y), 1e-14)
    assert_close(f.gradient(0 * x), -1 * f.zero_filled, 1e-14)


@pytest.mark.parametrize("shape", [(8, 10), (7, 10), (9, 5)])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("columns", [True, False])
def test_the_spectrum_of_the_data_needs_no_transform(xp, shape, dtype, columns):
    A = MaskedFourier(random_mask(xp, shape[1:] if columns else shape))
    x = random_complex(xp, (2, *shape), dtype=dtype)
    f = LeastSquares(A, A(x))
    tolerance = 1e-6 if dtype == "complex64" else 1e-14
    assert f.data_spectrum.dtype == f.y.dtype
    assert_close(f.data_spectrum, kernels.fft2(A.adjoint(f.y)), tolerance)
    error = A.squared_error(2 * x, f.data_spectrum)
    assert_close(error, sum_per_image(xp.abs(f.residual(2 * x)) ** 2, 1), 10 * tolerance)


@pytest.mark.parametrize("name", MODELS)
def test_the_largest_step_never_climbs(xp, name):
    f = data_term(xp, name)
    assert f.largest_step() * f.A.norm_bound() ** 2 == pytest.approx(1)
    assert f.lipschitz() == pytest.approx(f.A.norm_bound() ** 2)
    x = random_complex(xp, SHAPE)
    for _ in range(3):
        x_previous, x = x, f.gradient_step(x, f.largest_step())
        assert float(f.value(x)) <= float(f.value(x_previous)) + 1e-12


@pytest.mark.parametrize("name", MODELS)
def test_a_batch_is_its_images(xp, name):
    f = data_term(xp, name, batch=(2, 3))
    x = random_complex(xp, (2, 3, *SHAPE))
    assert tuple(f.value(x).shape) == (2, 3)
    for index in np.ndindex(2, 3):
        one = LeastSquares(f.A, f.y[(*index, ...)])
        assert float(f.value(x)[index]) == pytest.approx(float(one.value(x[(*index, ...)])))
        assert_close(f.gradient(x)[(*index, ...)], one.gradient(x[(*index, ...)]), 1e-13)
        assert_close(f.zero_filled[(*index, ...)], one.zero_filled, 1e-13)


def test_every_image_may_have_its_own_step(xp):
    f, x = data_term(xp, "points", batch=(2,)), random_complex(xp, (2, *SHAPE))
    steps = xp.asarray([[[0.1]], [[0.9]]], dtype=xp.float64)
    moved = f.gradient_step(x, steps)
    for i, step in enumerate((0.1, 0.9)):
        assert_close(moved[i, ...], (x - step * f.gradient(x))[i, ...], 1e-14)


@pytest.mark.parametrize("name", MODELS)
def test_single_precision_is_kept_and_inputs_are_not_written(xp, name):
    f = data_term(xp, name, dtype="complex64")
    x = random_complex(xp, SHAPE, dtype="complex64")
    before, y_before = to_numpy(x).copy(), to_numpy(f.y).copy()
    for image in (f.gradient(x), f.gradient_step(x, 0.5), f.primal_step(x, x, 0.5), f.zero_filled):
        assert image.dtype == xp.complex64
    assert f.value(x).dtype == xp.float32
    assert np.array_equal(to_numpy(x), before)
    assert np.array_equal(to_numpy(f.y), y_before)


# ---- k-space that cannot be meant


def refused(xp, y, message, A=None, error=ValueError):
    A = MaskedFourier(random_mask(xp, SHAPE[-1:])) if A is None else A
    with pytest.raises(error, match=message):
        least_squares(A, y)


def test_what_is_not_finite_is_named_with_its_index(xp):
    A = MaskedFourier(random_mask(xp, SHAPE[-1:]))
    y = to_numpy(A(random_complex(xp, (2, *SHAPE)))).copy()
    for value in (np.nan, np.inf, complex(1, np.nan)):
        for column in (SHAPE[-1] // 2, int(np.argmin(to_numpy(A.mask)))):  # on and off the mask
            bad = y.copy()
            bad[1, 3, column] = value
            message = rf"k-space holds 1 values .* not finite, .* index \(1, 3, {column}\).*replace"
            refused(xp, xp.asarray(bad), message, A)


def test_samples_where_nothing_was_measured_are_refused(xp):
    mask = random_mask(xp, SHAPE)
    for A in (MaskedFourier(mask), Sampling(mask) @ Fourier()):
        y = A(random_complex(xp, SHAPE))
        least_squares(A, y)
        missing = int(np.sum(~to_numpy(mask)))
        refused(
            xp,
            y + 1e-30,
            rf"{missing} nonzero samples where the mask says that nothing was measured.*Sampling",
            A,
        )


def test_kspace_of_the_wrong_size_is_refused(xp):
    y = xp.zeros((6, 9), dtype=xp.complex128)
    refused(xp, y, r"mask has \(8,\) samples, got .*\(6, 9\).*transpose, crop")
    for model in ("points", "composed"):
        message = r"mask has \(6, 8\) samples, got .*\(6, 9\)"
        refused(xp, y, message, forward_models(xp)[model])
    refused(xp, xp.zeros((8,), dtype=xp.complex128), r"of shape \(8,\), expected \(\.\.\., H, W\)")


def test_kspace_without_the_coils_of_the_maps_is_refused(xp):
    A = forward_models(xp)["coils"]
    for shape in (SHAPE, (4, *SHAPE), (2, 4, *SHAPE)):
        y = xp.zeros(shape, dtype=xp.complex128)
        refused(xp, y, r"expected \(\.\.\., C, H, W\) ending in \(3, 6, 8\).*coil axis", A)


def test_kspace_without_the_batch_of_masks_or_maps_is_refused(xp):
    masks = MaskedFourier(random_mask(xp, (3, *SHAPE)))
    y = xp.zeros(SHAPE, dtype=xp.complex128)
    refused(xp, y, r"mask is of shape \(3, 6, 8\), got k-space of \(6, 8\).*one for all", masks)
    y = xp.zeros((2, *SHAPE), dtype=xp.complex128)
    refused(xp, y, r"mask is of shape \(3, 6, 8\), got k-space of \(2, 6, 8\)", masks)
    maps = random_complex(xp, (2, 3, *SHAPE))
    y = xp.zeros((3, *SHAPE), dtype=xp.complex128)
    refused(
        xp,
        y,
        r"maps is of shape \(2, 3, 6, 8\), got k-space of \(3, 6, 8\)",
        MaskedFourier(random_mask(xp, SHAPE), maps),
    )


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64", "bool"])
def test_kspace_that_is_not_complex_is_refused(xp, dtype):
    y = xp.zeros(SHAPE, dtype=getattr(xp, dtype))
    refused(xp, y, rf"k-space of .*{dtype}, expected complex64 or complex128", error=TypeError)


@pytest.mark.skipif(np.dtype(np.clongdouble) == np.complex128, reason="none longer than double")
def test_kspace_of_long_doubles_is_refused():
    y = np.zeros(SHAPE, np.clongdouble)
    refused(np, y, rf"k-space of {y.dtype}, expected complex64 or complex128", error=TypeError)


def test_kspace_that_is_no_array_is_refused():
    for y, kind in (([[0j]], "list"), (None, "NoneType"), (3.0, "float")):
        message = rf"k-space of type {kind}, expected an array of NumPy, CuPy or torch"
        refused(np, y, message, error=TypeError)


def test_a_mask_is_no_forward_model(xp):
    mask = random_mask(xp, SHAPE)
    y = xp.zeros(SHAPE, dtype=xp.complex128)
    refused(xp, y, r"got A of type \w+, expected a LinearOperator.*MaskedFourier", mask, TypeError)


def test_masks_that_are_not_boolean_or_measure_nothing_never_get_here(xp):
    with pytest.raises(TypeError, match=r"mask of .*float.*expected bool"):
        MaskedFourier(xp.ones(SHAPE, dtype=xp.float32))
    with pytest.raises(TypeError, match=r"mask of .*int.*expected bool"):
        MaskedFourier(xp.ones(SHAPE, dtype=xp.int32))
    with pytest.raises(ValueError, match=r"mask of shape \(6, 8\) that measures nothing"):
        MaskedFourier(xp.zeros(SHAPE, dtype=xp.bool))
