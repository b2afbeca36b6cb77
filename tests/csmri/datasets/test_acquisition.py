import numpy as np
import pytest

from csmri import MaskedFourier, datasets, masks, phantoms

SHAPE = (96, 80)
IMAGE = phantoms.shepp_logan(SHAPE)
COLUMNS = masks.random_columns(80, acceleration=4, center_fraction=0.1, seed=0)
EVERYTHING = np.ones(80, dtype=bool)


def test_kspace_is_complex64_and_zero_off_the_mask():
    acquisition = datasets.simulate(IMAGE, COLUMNS, seed=("S1", 3))
    assert acquisition.kspace.dtype == np.complex64
    assert acquisition.kspace.shape == SHAPE
    assert not acquisition.kspace[:, ~COLUMNS].any()
    assert acquisition.kspace[:, COLUMNS].all()
    assert acquisition.mask is COLUMNS
    assert acquisition.noise == 0.005


def test_the_truth_is_the_image_with_a_phase():
    acquisition = datasets.simulate(IMAGE, COLUMNS, seed=0)
    assert acquisition.truth.dtype == np.complex64
    assert acquisition.magnitude.dtype == np.float32
    np.testing.assert_allclose(acquisition.magnitude, IMAGE, atol=1e-6)
    assert np.ptp(np.angle(acquisition.truth[IMAGE > 0])) > 0.1


@pytest.mark.parametrize("mask", [COLUMNS, masks.radial_lines(SHAPE, 20)])
def test_without_noise_kspace_is_the_operator_of_the_truth(mask):
    acquisition = datasets.simulate(IMAGE, mask, noise=0, seed=1)
    np.testing.assert_array_equal(acquisition.kspace, MaskedFourier(mask)(acquisition.truth))


@pytest.mark.parametrize("noise", [0.005, 0.2])
def test_the_noise_in_kspace_is_white_and_as_strong_as_stated(noise):
    acquisition = datasets.simulate(IMAGE, EVERYTHING, noise=noise, seed=2)
    n = acquisition.kspace - MaskedFourier(EVERYTHING)(acquisition.truth)
    samples = n.size
    # E|n|² has standard error 1/√samples, relative; the parts are uncorrelated and alike.
    assert np.mean(np.abs(n) ** 2) == pytest.approx(noise**2, rel=5 / np.sqrt(samples))
    assert np.var(n.real) == pytest.approx(np.var(n.imag), rel=10 / np.sqrt(samples))
    for product in (n.real * n.imag, (n[:, 1:] * n[:, :-1].conj()).real, n.real):
        assert abs(product.mean()) < 5 * product.std() / np.sqrt(product.size)


def test_the_noise_of_the_fully_sampled_image_is_as_strong():
    acquisition = datasets.simulate(IMAGE, EVERYTHING, noise=0.1, seed=2)
    error = MaskedFourier(EVERYTHING).adjoint(acquisition.kspace) - acquisition.truth
    assert np.sqrt(np.mean(np.abs(error) ** 2)) == pytest.approx(0.1, rel=0.05)


def test_phase_and_noise_do_not_depend_on_the_mask():
    full = datasets.simulate(IMAGE, EVERYTHING, seed=("S1", 3))
    part = datasets.simulate(IMAGE, COLUMNS, seed=("S1", 3))
    np.testing.assert_array_equal(part.truth, full.truth)
    np.testing.assert_array_equal(part.kspace[:, COLUMNS], full.kspace[:, COLUMNS])


def test_a_seed_names_the_draw():
    first, again, slice_4, person = (
        datasets.simulate(IMAGE, COLUMNS, seed=seed)
        for seed in (("S1", 3), ("S1", 3), ("S1", 4), ("Colin27", 3))
    )
    np.testing.assert_array_equal(first.kspace, again.kspace)
    for other in (slice_4, person):
        assert (first.truth != other.truth).any()
        noise, others = (a.kspace - MaskedFourier(COLUMNS)(a.truth) for a in (first, other))
        correlation = np.corrcoef(noise[:, COLUMNS].ravel(), others[:, COLUMNS].ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(COLUMNS.sum() * SHAPE[0])


def test_the_image_is_not_written_and_keeps_its_scale():
    image = 300 * IMAGE.astype(np.float64)
    before = image.copy()
    acquisition = datasets.simulate(image, COLUMNS, noise=0, phase=0, seed=0)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(acquisition.truth, image.astype(np.float32))


@pytest.mark.parametrize("seed", range(5))
def test_the_phase_is_smooth(seed):
    """Steps between neighbours stay far below what a fine structure would need."""
    phase = datasets.smooth_phase((256, 192), np.random.default_rng(seed))
    assert phase.shape == (256, 192)
    assert phase.dtype == np.float32
    assert np.ptp(phase) > 0.2
    assert max(np.abs(np.diff(phase, axis=axis)).max() for axis in (0, 1)) < 0.15
    # Cosines of order 0 … 3 along each axis, and nothing else.
    from scipy.fft import dctn

    spectrum = dctn(phase.astype(np.float64), norm="ortho")
    slow = np.add.outer(np.arange(256), np.arange(192)) <= 3
    assert np.sum(spectrum[~slow] ** 2) < 1e-10 * np.sum(spectrum[slow] ** 2)


def test_the_phase_varies_as_much_as_asked_for():
    def variation(size):
        maps = [datasets.smooth_phase((32, 32), np.random.default_rng(s), size) for s in range(200)]
        return np.sqrt(np.mean([np.var(phase) for phase in maps]))

    # Two terms of variance 1, three of 1/4, four of 1/9; a cosine has mean square 1/2, two 1/4.
    expected = np.sqrt((2 / 2) + (2 / 2 + 1 / 4) / 4 + (2 / 2 + 2 / 4) / 9)
    assert variation(1.0) == pytest.approx(expected, rel=0.15)
    assert variation(0.1) == pytest.approx(0.1 * expected, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"image": np.ones((2, 8, 8))}, ValueError, r"shape \(2, 8, 8\), expected one image"),
        ({"image": np.ones((8, 8)) * 1j}, TypeError, "got an image of complex128, expected real"),
        ({"image": -np.ones((8, 8))}, ValueError, "values below 0 or not finite"),
        ({"image": np.full((8, 8), np.nan)}, ValueError, "values below 0 or not finite"),
        ({"mask": np.ones(9, bool)}, ValueError, "mask"),
        ({"mask": np.ones(8)}, TypeError, "got a mask of float64, expected bool"),
        ({"mask": np.zeros(8, bool)}, ValueError, "mask"),
        ({"noise": -1}, ValueError, "got noise=-1, expected a finite number of at least 0"),
        ({"noise": np.nan}, ValueError, "got noise=nan"),
        ({"phase": -1}, ValueError, "got phase=-1"),
        ({"seed": 0.5}, TypeError, "got a seed of type float"),
        ({"seed": ("S1", -1)}, ValueError, "got seed -1, expected at least 0"),
    ],
)
def test_a_wrong_argument_is_refused(arguments, error, message):
    valid = {"image": np.ones((8, 8)), "mask": np.ones(8, bool), "seed": 0}
    with pytest.raises(error, match=message):
        datasets.simulate(**(valid | arguments))
