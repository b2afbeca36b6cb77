"""Sensitivity maps: normalised, found up to phase, and those of other packages."""

import shutil
import subprocess
from importlib import import_module

import numpy as np
import pytest
from coil_scans import disc, inverse_fourier, real_brain, scan, smooth_maps

from csmri import MaskedFourier
from csmri.arrays import to_numpy
from csmri.calibration import espirit, espirit_sets, walsh

BOTH = pytest.mark.parametrize("calibrate", [espirit, walsh])
FAST = {"calibration": 16, "kernel": 4}


def inside(maps):
    return (np.abs(maps) ** 2).sum(axis=-3) > 0.5


def agreement(a, b):
    """|⟨a, b⟩| over the coils, where both have maps: 1 for maps equal up to phase."""
    both = inside(a) & inside(b)
    assert both.any()
    return np.abs((a.conj() * b).sum(axis=-3))[both]


@BOTH
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_maps_are_of_norm_one_inside_and_zero_outside(xp, calibrate, dtype):
    kspace = scan(6, noise=1e-3).astype(dtype)
    given = xp.asarray(kspace.copy())
    maps = calibrate(given, calibration=16)
    assert maps.dtype == given.dtype
    np.testing.assert_array_equal(to_numpy(given), kspace)
    total = (np.abs(to_numpy(maps)) ** 2).sum(axis=0)
    assert np.isclose(total, 1, atol=1e-5)[inside(to_numpy(maps))].all()
    assert not total[~inside(to_numpy(maps))].any()
    assert MaskedFourier(xp.asarray(np.ones(36, bool)), maps).norm_bound() == pytest.approx(
        1, abs=1e-6
    )


def test_the_true_sensitivities_are_found_up_to_phase(xp):
    maps = to_numpy(espirit(xp.asarray(scan(6)), **FAST))
    body = np.abs(disc()) > 0
    assert inside(maps)[body].mean() > 0.98
    assert agreement(np.where(body, maps, 0), smooth_maps(6)).min() > 0.999


def test_walsh_comes_near_the_true_sensitivities(xp):
    maps = to_numpy(walsh(xp.asarray(scan(6)), calibration=16))
    body = np.abs(disc()) > 0
    assert agreement(np.where(body, maps, 0), smooth_maps(6)).min() > 0.97


def test_images_are_explained_by_their_maps():
    kspace = scan(6, noise=1e-3)
    maps, images = espirit(kspace, **FAST), inverse_fourier(kspace)
    combined = (maps.conj() * images).sum(axis=0)
    left = images - maps * combined
    assert np.linalg.norm(left[:, np.abs(disc()) > 0]) < 0.02 * np.linalg.norm(images)


@BOTH
def test_a_batch_is_its_images(calibrate):
    both = np.stack([scan(5), scan(5, noise=0.01)])
    maps = calibrate(both[:, None], calibration=16)
    assert maps.shape == (2, 1, 5, 40, 36)
    np.testing.assert_allclose(maps[1, 0], calibrate(both[1], calibration=16), atol=1e-12)


def test_rows_worked_on_together_do_not_matter(monkeypatch):
    rooms = [import_module(f"csmri.calibration.{name}") for name in ("espirit", "walsh")]
    kspace = scan(4)
    expected = espirit(kspace, **FAST), walsh(kspace, calibration=16)
    for room in rooms:
        monkeypatch.setattr(room, "CHUNK", 7 * 36 * 16)
    found = espirit(kspace, **FAST), walsh(kspace, calibration=16)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(inside(a), inside(b))
        assert agreement(a, b).min() > 1 - 1e-9


def test_two_sets_are_orthogonal_and_the_first_is_the_only_one_where_it_is_enough():
    maps = espirit_sets(scan(6), **FAST)
    assert maps.shape == (2, 6, 40, 36)
    assert np.abs((maps[0].conj() * maps[1]).sum(axis=0)).max() < 1e-9
    assert agreement(maps[0], espirit(scan(6), **FAST)).min() > 1 - 1e-6
    assert not inside(maps[1])[np.abs(disc()) > 0].any()


def test_a_folded_field_of_view_needs_two_sets():
    whole = smooth_maps(6, (40, 72)) * (np.abs(disc((40, 72))) > 0)
    folded = scan(6, (40, 72))[..., ::2]  # every second column: half the field of view
    maps = espirit_sets(folded, calibration=20, kernel=5)
    pairs = whole[..., 18:54], np.roll(whole, 36, axis=-1)[..., 18:54]  # what folds onto a pixel
    twice = inside(pairs[0]) & inside(pairs[1])
    assert twice.mean() > 0.1
    core = twice & inside(maps[1])
    assert core.sum() > 0.7 * twice.sum()
    for sensitivities in pairs:
        left = sensitivities - sum(s * (s.conj() * sensitivities).sum(axis=0) for s in maps)
        assert np.linalg.norm(left[:, core]) < 0.1 * np.linalg.norm(sensitivities[:, core])


def test_maps_agree_with_those_of_sigpy(shared_data):
    mri = pytest.importorskip("sigpy.mri")
    kspace = np.ascontiguousarray(real_brain(shared_data)[..., 40:88, 40:88])
    theirs = mri.app.EspiritCalib(
        kspace, calib_width=20, kernel_width=5, show_pbar=False, max_iter=50
    ).run()
    assert inside(theirs).mean() > 0.3
    ours = espirit(kspace, calibration=20, kernel=5, crop=0.95)
    assert (inside(ours) != inside(theirs)).mean() < 0.005
    assert agreement(ours, theirs).min() > 0.9999


def test_maps_agree_with_those_of_bart(shared_data, tmp_path):
    if not shutil.which("bart"):
        pytest.skip("the command bart is not installed")
    kspace = np.ascontiguousarray(real_brain(shared_data)[..., 32:96, 32:96])
    sizes = "64 64 1 16"  # readout, phase, slice, coil: BART's order, the first fastest
    (tmp_path / "k.hdr").write_text(f"# Dimensions\n{sizes}\n")
    np.ascontiguousarray(kspace.transpose(0, 2, 1)).tofile(tmp_path / "k.cfl")
    command = ["bart", "ecalib", "-m", "1", "-r", "24", "-k", "6", "-c", "0.8", "k", "s"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    theirs = np.fromfile(tmp_path / "s.cfl", np.complex64).reshape(16, 64, 64).transpose(0, 2, 1)
    ours = espirit(kspace)
    found = agreement(ours, theirs)
    assert (inside(ours) & inside(theirs)).sum() > 0.85 * inside(theirs).sum()
    assert np.quantile(found, 0.01) > 0.99
    assert np.median(found) > 0.9995


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"calibration": 30}, r"empty samples in the 30 × 30 .* smaller calibration="),
        ({"calibration": (16, 18), "kernel": 17}, "kernel=17, expected 1 to 16"),
        ({"crop": 1.0}, r"crop=1\.0, expected a fraction"),
        ({"threshold": -0.1}, r"threshold=-0\.1"),
    ],
)
def test_what_cannot_be_meant_is_refused(keywords, message):
    kspace = scan(4)
    kspace[..., :8] = 0
    kspace[..., 28:] = 0
    with pytest.raises(ValueError, match=message):
        espirit(kspace, **({"calibration": 16} | keywords))


def test_an_even_window_is_refused():
    with pytest.raises(ValueError, match="window=4, expected an odd number; use 5"):
        walsh(scan(3), calibration=16, window=4)


def test_a_size_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="calibration of type float"):
        espirit(scan(3), calibration=2.5)
