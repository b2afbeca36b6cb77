"""Every operator obeys the laws, on every array library."""

import numpy as np
import pytest
from properties import (
    assert_batched_equals_looped,
    assert_close,
    assert_operator_laws,
    random_complex,
    random_mask,
)

from csmri.arrays import to_numpy
from csmri.operators import (
    Coils,
    Composition,
    FiniteDifferences,
    Fourier,
    Identity,
    MaskedFourier,
    Sampling,
    Wavelet,
    check,
    estimate_norm,
)

SIZES = [(8, 8), (7, 9), (6, 5)]


def operators(xp, shape):
    """One of each operator for images of `shape`, by name."""
    height, width = shape
    maps = random_complex(xp, (3, height, width), seed=5)
    return {
        "Identity": Identity(),
        "Fourier": Fourier(),
        "Sampling columns": Sampling(random_mask(xp, (width,))),
        "Sampling": Sampling(random_mask(xp, shape)),
        "Coils": Coils(maps),
        "MaskedFourier columns": MaskedFourier(random_mask(xp, (width,))),
        "MaskedFourier": MaskedFourier(random_mask(xp, shape)),
        "MaskedFourier coils columns": MaskedFourier(random_mask(xp, (width,)), maps),
        "MaskedFourier coils": MaskedFourier(random_mask(xp, shape), maps),
        "FiniteDifferences": FiniteDifferences(),
        "FiniteDifferences Neumann": FiniteDifferences(periodic=False),
        "Composition": Sampling(random_mask(xp, shape)) @ Fourier(),
    }


NAMES = list(operators(np, (4, 4)))


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_every_operator_obeys_the_laws(xp, name, shape):
    assert_operator_laws(operators(xp, shape)[name], random_complex(xp, shape))


@pytest.mark.parametrize("name", NAMES)
def test_every_operator_keeps_single_precision(xp, name):
    assert_operator_laws(operators(xp, (8, 6))[name], random_complex(xp, (8, 6), dtype="complex64"))


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_is_its_images(xp, name):
    assert_batched_equals_looped(operators(xp, (7, 6))[name], random_complex(xp, (3, 7, 6)))


@pytest.mark.parametrize("name", ["haar", "db4", "sym5", "coif2", "db20"])
@pytest.mark.parametrize("levels", [1, 3])
def test_wavelets_obey_the_laws_and_are_unitary(xp, name, levels):
    W = Wavelet(name, levels=levels)
    assert W.is_unitary
    assert_operator_laws(W, random_complex(xp, (16, 24)))
    assert_operator_laws(W, random_complex(xp, (16, 24), dtype="complex64"))
    assert_batched_equals_looped(W, random_complex(xp, (2, 16, 8)))


def test_every_orthogonal_wavelet_is_orthonormal_to_1e10():
    pywt = pytest.importorskip("pywt")
    orthogonal = [n for n in pywt.wavelist(kind="discrete") if pywt.Wavelet(n).orthogonal]
    x = random_complex(np, (32, 64))
    for name in orthogonal:
        if name != "dmey":
            W = Wavelet(name, levels=3)
            assert_close(W.adjoint(W(x)), x, 1e-10)
            assert_close(W(W.adjoint(x)), x, 1e-10)


@pytest.mark.parametrize("name", ["haar", "db3", "db4", "sym8", "coif3"])
def test_wavelets_equal_pywavelets_periodization(name):
    pywt = pytest.importorskip("pywt")
    x = random_complex(np, (128, 192))
    coefficients = pywt.wavedec2(x, name, mode="periodization", level=2)
    assert_close(Wavelet(name, levels=2)(x), pywt.coeffs_to_array(coefficients)[0], 1e-13)


def test_levels_that_do_not_fit_name_the_largest_that_do(xp):
    with pytest.raises(
        ValueError, match=r"got \(24, 40\).*most levels that fit are 3; use levels=3"
    ):
        Wavelet("db4", levels=4)(random_complex(xp, (24, 40)))


@pytest.mark.parametrize("name", ["dmey", "bior2.2", "unheard-of"])
def test_wavelets_that_are_not_orthogonal_are_refused(name):
    with pytest.raises(ValueError, match="expected"):
        Wavelet(name)


def test_band_weights_leave_out_the_coarse_band():
    weights = Wavelet("haar", levels=2).band_weights((8, 16), coarse=0.0)
    assert weights[:2, :4].sum() == 0
    assert weights.sum() == 8 * 16 - 2 * 4


@pytest.mark.parametrize("shape", [(8, 8), (7, 9), (8, 9)])
def test_fourier_and_masked_adjoint_equal_sigpy(shape):
    sigpy = pytest.importorskip("sigpy")
    x = random_complex(np, shape)
    mask = random_mask(np, shape)
    assert_close(Fourier()(x), sigpy.fft(x), 1e-13)
    A = sigpy.linop.Multiply(shape, mask) * sigpy.linop.FFT(shape)
    assert_close(MaskedFourier(mask)(x), A * x, 1e-13)
    assert_close(MaskedFourier(mask).adjoint(x), A.H * x, 1e-13)


def test_a_column_mask_is_found_from_the_mask_and_changes_nothing(xp):
    columns = random_mask(xp, (9,))
    full = xp.broadcast_to(columns, (7, 9)) & xp.ones((7, 9), dtype=xp.bool)
    x = random_complex(xp, (7, 9))
    A, B = MaskedFourier(columns), MaskedFourier(full)
    assert A.samples_whole_columns
    assert B.samples_whole_columns
    assert not MaskedFourier(random_mask(xp, (7, 9))).samples_whole_columns
    assert_close(A(x), B(x), 1e-14)
    assert_close(A.normal(x), B.adjoint(B(x)), 1e-13)


def test_each_image_of_a_batch_may_have_its_own_mask_and_maps(xp):
    masks = random_mask(xp, (2, 1, 6))
    x = random_complex(xp, (2, 5, 6))
    A = MaskedFourier(masks)
    for i in range(2):
        assert_close(A(x)[i, ...], A.for_image((i,), (2,))(x[i, ...]), 1e-13)
    maps = random_complex(xp, (2, 3, 5, 6))
    S = MaskedFourier(random_mask(xp, (2, 1, 1, 6)), maps)
    for i in range(2):
        assert_close(S(x)[i, ...], S.for_image((i,), (2,))(x[i, ...]), 1e-13)
        assert_close(S.normal(x)[i, ...], S.for_image((i,), (2,)).normal(x[i, ...]), 1e-13)


def test_a_composed_operator_passes_on_each_images_mask():
    A = Sampling(random_mask(np, (2, 1, 6))) @ Fourier()
    x = random_complex(np, (2, 5, 6))
    for i in range(2):
        assert_close(A(x)[i, ...], A.for_image((i,), (2,))(x[i, ...]), 1e-13)


def test_norm_bound_of_coils_is_reached_where_the_maps_are_strongest(xp):
    maps = xp.asarray(np.asarray([[[3.0 + 0j]], [[4.0 + 0j]]]))
    assert Coils(maps).norm_bound() == pytest.approx(5.0)


def test_norm_of_periodic_differences_is_reached_on_even_sizes():
    norm = estimate_norm(FiniteDifferences(), random_complex(np, (8, 8)), iterations=500)
    assert norm == pytest.approx(8**0.5, rel=1e-6)


def test_a_numpy_mask_measures_images_of_any_library(xp):
    mask = random_mask(np, (6,))
    x = random_complex(xp, (4, 6))
    assert_close(MaskedFourier(mask)(x), MaskedFourier(xp.asarray(mask))(x), 1e-15)


def test_real_images_are_taken_as_complex_of_their_precision(xp):
    x = xp.astype(xp.real(random_complex(xp, (4, 6))), xp.float32)
    assert MaskedFourier(random_mask(xp, (6,)))(x).dtype == xp.complex64


def test_maps_of_another_size_are_refused(xp):
    with pytest.raises(ValueError, match=r"maps of \(6, 7\) pixels, got images of \(6, 8\)"):
        Coils(random_complex(xp, (4, 6, 7)))(random_complex(xp, (6, 8)))


def test_bad_masks_are_refused(xp):
    with pytest.raises(TypeError, match=r"expected bool.*mask != 0"):
        MaskedFourier(xp.ones((6,)))
    with pytest.raises(ValueError, match=r"measures nothing.*at least one True"):
        MaskedFourier(xp.zeros((6,), dtype=xp.bool))
    with pytest.raises(ValueError, match=r"the mask has \(7,\) samples, got .* \(6, 8\)"):
        MaskedFourier(random_mask(xp, (7,)))(random_complex(xp, (6, 8)))


def test_integer_images_are_refused(xp):
    with pytest.raises(TypeError, match="expected complex64"):
        Fourier()(xp.ones((4, 4), dtype=xp.int32))


class _Broken(Identity.__base__):
    """An operator whose adjoint is off by a factor, as an inverse FFT's is."""

    def __init__(self, factor=1.0, bound=1.0):
        self.factor, self.bound = factor, bound

    def __call__(self, x):
        return 2 * x

    def adjoint(self, y):
        return 2 * self.factor * y

    def norm_bound(self):
        return 2 * self.bound


def test_what_is_no_operator_is_said_to_be_none():
    with pytest.raises(TypeError, match=r"expected a LinearOperator; derive the class from it"):
        check(object(), np.zeros((8, 8), complex))


def test_the_kit_accepts_a_sound_operator_and_finds_planted_faults():
    x = random_complex(np, (4, 4))
    check(_Broken(), x)
    with pytest.raises(AssertionError, match="the adjoint is not the adjoint"):
        check(_Broken(factor=4), x)
    with pytest.raises(AssertionError, match="norm_bound"):
        check(_Broken(bound=0.5), x)


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("normal_is_projection", True),
        ("normal_symbol", lambda self, shape: np.full(shape, 3.0)),
        ("normal_symbol", lambda self, shape: np.array(-4.0)),
        ("mirrored_symbol", lambda self, shape: np.full((8, 8), 3.0)),
    ],
)
def test_the_kit_finds_false_claims_that_solvers_would_build_on(name, claim):
    x = random_complex(np, (4, 4))
    with pytest.raises(AssertionError, match=name):
        check(type("Claims", (_Broken,), {name: claim})(), x)
    sound = type("Claims", (_Broken,), {"normal_symbol": lambda self, shape: np.array(4.0)})()
    check(sound, x)


def test_composition_passes_on_what_it_knows():
    A = Composition(Fourier(), Wavelet("haar", levels=1))
    assert A.is_unitary
    assert A.norm_bound() == 1
    assert (Identity() @ A) is A
    assert (A @ Identity()) is A
    x = random_complex(np, (4, 4))
    assert np.allclose(to_numpy(A.adjoint(A(x))), x)
