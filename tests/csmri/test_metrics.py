import numpy as np
import pytest
from skimage import metrics as skimage_metrics

from csmri import metrics
from csmri.arrays import to_numpy

SHAPE = (40, 33)


def pair(shape=SHAPE, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random(shape)
    return truth + 0.1 * rng.standard_normal(shape), truth


def log_window():
    """The 15 x 15 Laplacian of a Gaussian, written out in two dimensions."""
    y, x = np.mgrid[-7:8, -7:8]
    gaussian = np.exp(-(x**2 + y**2) / (2 * 1.5**2))
    gaussian /= gaussian.sum()
    window = gaussian * (x**2 + y**2 - 2 * 1.5**2) / 1.5**4
    return window - window.mean()


def test_ssim_is_scikit_images():
    image, truth = pair()
    expected = skimage_metrics.structural_similarity(
        truth, image, win_size=7, gaussian_weights=False, data_range=1.3
    )
    assert metrics.ssim(image, truth, data_range=1.3) == pytest.approx(expected, abs=1e-12)


def test_psnr_and_nmse_are_scikit_images():
    image, truth = pair()
    expected = skimage_metrics.peak_signal_noise_ratio(truth, image, data_range=2.0)
    assert metrics.psnr(image, truth, data_range=2.0) == pytest.approx(expected, abs=1e-12)
    root = skimage_metrics.normalized_root_mse(truth, image)
    assert metrics.nmse(image, truth) == pytest.approx(root**2, rel=1e-12)


def test_hfen_is_the_norm_of_the_filtered_difference():
    from scipy import ndimage

    image, truth = pair()
    difference = ndimage.correlate(image - truth, log_window(), mode="constant")
    reference = ndimage.correlate(truth, log_window(), mode="constant")
    expected = np.linalg.norm(difference) / np.linalg.norm(reference)
    assert metrics.hfen(image, truth) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["nmse", "psnr", "ssim", "hfen"])
def test_every_array_library_gives_the_same_number(xp, name):
    image, truth = pair((3, *SHAPE))
    expected = getattr(metrics, name)(image, truth)
    found = getattr(metrics, name)(xp.asarray(image), xp.asarray(truth))
    np.testing.assert_allclose(to_numpy(found), expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["nmse", "psnr", "ssim", "hfen"])
def test_a_batch_is_judged_image_by_image(name):
    image, truth = pair((2, 3, *SHAPE))
    metric = getattr(metrics, name)
    found = metric(image, truth)
    assert found.shape == (2, 3)
    assert isinstance(metric(image[0, 0], truth[0, 0]), float)
    assert found[1, 2] == pytest.approx(metric(image[1, 2], truth[1, 2]), rel=1e-12)


@pytest.mark.parametrize("name", ["nmse", "psnr", "ssim", "hfen"])
def test_phase_is_not_judged(name):
    image, truth = pair()
    phase = np.exp(1j * np.linspace(0, 3, SHAPE[1]))
    metric = getattr(metrics, name)
    turned = metric(np.abs(image) * phase, np.abs(truth) * 1j)
    assert turned == pytest.approx(metric(np.abs(image), np.abs(truth)), rel=1e-9)


@pytest.mark.parametrize("name", ["nmse", "psnr", "ssim", "hfen"])
def test_the_scale_of_intensities_drops_out(name):
    image, truth = pair()
    metric = getattr(metrics, name)
    assert metric(250 * image, 250 * truth) == pytest.approx(metric(image, truth), rel=1e-9)


def test_the_range_is_the_truths_and_not_the_reconstructions():
    image, truth = pair()
    image = image.copy()
    image[0, 0] += 10
    error = np.mean((image - truth) ** 2)
    expected = 10 * np.log10(truth.max() ** 2 / error)
    assert metrics.psnr(image, truth) == pytest.approx(expected, rel=1e-12)


def test_volumes_are_judged_with_the_volumes_maximum():
    images, truth = pair((4, *SHAPE))
    truth = truth * np.array([1.0, 0.5, 0.2, 0.1])[:, None, None]
    images = truth + 0.01
    peak = truth.max()
    expected = 10 * np.log10(peak**2 / np.mean((images - truth) ** 2))
    assert metrics.volume_psnr(images, truth) == pytest.approx(expected)
    each = [metrics.ssim(x, t, data_range=peak) for x, t in zip(images, truth, strict=True)]
    assert metrics.volume_ssim(images, truth) == pytest.approx(np.mean(each))
    ratio = np.sum((images - truth) ** 2) / np.sum(truth**2)
    assert metrics.volume_nmse(images, truth) == pytest.approx(ratio)


def test_equal_images_are_perfect():
    _, truth = pair()
    assert metrics.nmse(truth, truth) == 0
    assert metrics.psnr(truth, truth) == np.inf
    assert metrics.ssim(truth, truth) == pytest.approx(1.0)
    assert metrics.hfen(truth, truth) == 0


def test_a_mask_leaves_errors_outside_it_unjudged():
    image, truth = pair()
    mask = np.zeros(SHAPE, bool)
    mask[10:30, 10:25] = True
    inside = np.where(mask, image, truth)
    error = np.mean((image - truth)[mask] ** 2)
    expected = 10 * np.log10(truth.max() ** 2 / error)
    assert metrics.psnr(image, truth, mask=mask) == pytest.approx(expected)
    assert metrics.psnr(inside, truth, mask=mask) == pytest.approx(expected)
    assert metrics.nmse(image, truth, mask=mask) == metrics.nmse(inside, truth, mask=mask)
    _, similarity = skimage_metrics.structural_similarity(
        truth, image, win_size=7, data_range=truth.max(), full=True
    )
    masked = metrics.ssim(image, truth, mask=mask)
    assert masked == pytest.approx(similarity[mask].mean(), abs=1e-12)


def test_the_body_is_one_piece_without_holes():
    y, x = np.mgrid[-32:32, -32:32]
    disc = (x**2 + y**2 < 20**2).astype(np.float32)
    truth = disc * (x**2 + y**2 > 6**2)
    truth[2:4, 2:4] = 1.0  # a speck of background noise
    np.testing.assert_array_equal(metrics.body_mask(truth), disc > 0)
    np.testing.assert_array_equal(metrics.body_mask(np.stack([truth, 5j * truth]))[1], disc > 0)


def test_an_empty_image_has_no_body():
    assert not metrics.body_mask(np.zeros((8, 8))).any()


@pytest.mark.parametrize("name", ["nmse", "psnr", "ssim", "hfen"])
def test_images_of_another_shape_are_refused(name):
    with pytest.raises(ValueError, match=r"\(8, 8\) and a truth of \(8, 9\); crop"):
        getattr(metrics, name)(np.ones((8, 8)), np.ones((8, 9)))


@pytest.mark.parametrize("name", ["nmse", "psnr", "ssim", "hfen", "volume_psnr"])
def test_values_that_are_not_finite_are_refused_by_index(name):
    image, truth = pair((1, *SHAPE))
    image[0, 3, 5] = np.nan
    with pytest.raises(ValueError, match=r"image holds 1 values .* first at index \(0, 3, 5\)"):
        getattr(metrics, name)(image, truth)


@pytest.mark.parametrize("name", ["nmse", "psnr", "ssim", "hfen"])
def test_an_empty_truth_is_refused(name):
    with pytest.raises(ValueError, match="leave empty slices out"):
        getattr(metrics, name)(np.ones(SHAPE), np.zeros(SHAPE))


def test_nonsense_is_refused_with_a_remedy():
    image, truth = pair()
    with pytest.raises(ValueError, match="data_range must be positive"):
        metrics.psnr(image, truth, data_range=0)
    with pytest.raises(ValueError, match="windows of 7 x 7 pixels"):
        metrics.ssim(np.ones((6, 9)), np.ones((6, 9)))
    with pytest.raises(ValueError, match=r"expected a volume of shape \(n, H, W\)"):
        metrics.volume_ssim(image, truth)
    with pytest.raises(ValueError, match="mask of shape"):
        metrics.nmse(image, truth, mask=np.ones((3, 3), bool))
    with pytest.raises(ValueError, match="mask holds no pixel"):
        metrics.nmse(image, truth, mask=np.zeros(SHAPE, bool))
    with pytest.raises(TypeError, match="got a mask of float64, expected bool"):
        metrics.nmse(image, truth, mask=np.ones(SHAPE))
    with pytest.raises(ValueError, match="between 0 and 1"):
        metrics.body_mask(truth, threshold=2)
