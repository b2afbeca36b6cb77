from dataclasses import replace

import numpy as np
import pytest

from csmri import datasets, formats, masks
from csmri.app.doctor import examine, picture_png
from csmri.app.doctor.examination import Slice
from csmri.app.doctor.places import half_field_of_view
from csmri.formats import Scan
from csmri.formats.transforms import to_image
from csmri.operators import Fourier

N, SLICES, COILS = 128, 3, 4


@pytest.fixture(scope="module")
def sound():
    """Three slices of a person through four coils on the corners, with noise and a noise scan."""
    images = datasets.load("s1").images[[40, 50, 60], ::2, ::2]
    rows, columns = np.meshgrid(np.linspace(-1, 1, N), np.linspace(-1, 1, N), indexing="ij")
    maps = np.stack(
        [
            np.exp(-((rows - r) ** 2 + (columns - c) ** 2) / 2 + 1j * (r * rows - c * columns))
            for r in (-1, 1)
            for c in (-1, 1)
        ]
    )
    rng = np.random.default_rng(0)

    def noise(*shape):
        return 0.01 * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / 2**0.5

    truth = images[:, None] * maps * np.exp(0.7j * rows * columns + 0.3j)
    kspace = (Fourier()(truth) + noise(SLICES, COILS, N, N)).astype(np.complex64)
    return Scan(kspace, np.ones(N, bool), noise=noise(COILS, 2000).astype(np.complex64))


def undersampled(scan, mask):
    return replace(scan, kspace=np.where(mask, scan.kspace, 0), mask=mask)


COLUMNS = masks.random_columns(N, acceleration=3, center_fraction=0.1, seed=1)


def changed(scan, change):
    kspace = scan.kspace.copy()
    change(kspace)
    return replace(scan, kspace=kspace)


def set_at(place, value):
    def change(kspace):
        kspace[place] = value

    return change


def scaled(place, factor):
    def change(kspace):
        kspace[place] *= factor

    return change


def copy_column(kspace):
    kspace[..., 70] = kspace[..., 20]


def clip(kspace):
    most = 0.15 * np.abs(kspace.real).max()
    kspace.real = np.clip(kspace.real, -most, most)


def spike(kspace):
    kspace[:, :, 120, 5] = np.abs(kspace).max()


def conjugate_a_coil(kspace):
    kspace[:, 2] = np.conj(kspace[:, 2])


def alternate(kspace):
    kspace *= (-1) ** np.arange(N)


FAULTS = {
    "samples that are not finite": lambda s: changed(s, set_at((1, 0, 3, 4), np.nan)),
    "k-space is not centred": lambda s: replace(s, kspace=np.fft.ifftshift(s.kspace, (-2, -1))),
    "k-space is shifted": lambda s: replace(s, kspace=np.roll(s.kspace, 20, -1)),
    "the image is half a field of view off": lambda s: changed(s, alternate),
    "an axis is not k-space": lambda s: replace(s, kspace=to_image(s.kspace, -2)),
    "coils are conjugated or flipped": lambda s: changed(s, conjugate_a_coil),
    "the mask is flipped": lambda s: replace(undersampled(s, COLUMNS), mask=COLUMNS[::-1].copy()),
    "the mask is not centred": lambda s: replace(
        undersampled(s, COLUMNS), mask=np.fft.ifftshift(COLUMNS)
    ),
    "the mask is on the wrong axis": lambda s: replace(
        undersampled(s, COLUMNS), mask=np.repeat(COLUMNS[:, None], N, axis=1)
    ),
    "no mask, and zeros": lambda s: replace(undersampled(s, COLUMNS), mask=None),
    "phase encoding on the wrong axis": lambda s: replace(
        undersampled(s, COLUMNS[:, None] & np.ones((N, N), bool)), mask=None
    ),
    "samples off the mask": lambda s: replace(s, mask=COLUMNS),
    "zeros that the mask calls measured": lambda s: changed(s, set_at(np.s_[..., :6], 0)),
    "partial Fourier": lambda s: undersampled(s, np.arange(N) >= 30),
    "missing normalisation": lambda s: replace(s, noise=128 * s.noise),
    "slices on different scales": lambda s: changed(s, scaled(1, 128)),
    "silent coils": lambda s: changed(s, set_at((slice(None), 1), 0)),
    "duplicate columns": lambda s: changed(s, copy_column),
    "clipped samples": lambda s: changed(s, clip),
    "a spike": lambda s: changed(s, spike),
    "the imaginary part is lost": lambda s: replace(s, kspace=s.kspace.real.astype(np.complex64)),
    "made from a magnitude image": lambda s: replace(
        s, kspace=Fourier()(np.abs(Fourier().adjoint(s.kspace)))
    ),
    "an empty slice": lambda s: changed(s, set_at(2, 0)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_and_no_other(sound, name):
    findings = examine(FAULTS[name](sound)).findings
    assert [finding.name for finding in findings] == [name]
    assert findings[0].remedy
    assert "\n" not in findings[0].remedy


def test_a_sound_scan_has_no_findings(sound):
    examination = examine(sound)
    assert examination.sound
    assert examination.facts["sampling"] == "fully sampled"
    assert examination.facts["coils"] == "4"


@pytest.mark.parametrize("share", [0.2, 0.3, 0.35])
@pytest.mark.parametrize("person", ["s1", "colin27", "macaque"])
def test_an_object_that_fills_the_field_of_view_is_not_half_a_one_off(person, share):
    for image in datasets.load(person).images[::8]:
        rows, columns = (int(share * size) for size in image.shape)
        inside = image[rows : image.shape[0] - rows, columns : image.shape[1] - columns]
        kspace = Fourier()(inside.astype(np.complex64))[None]
        assert half_field_of_view(Slice(0, Scan(kspace))) is None


@pytest.mark.parametrize("person", ["s1", "colin27", "macaque", "shoulder"])
@pytest.mark.parametrize("axis", [-2, -1])
@pytest.mark.parametrize("acceleration", [1, 4])
def test_half_a_field_of_view_is_seen_in_every_object(person, axis, acceleration):
    image = datasets.load(person).images[-1]
    kspace = Fourier()(np.roll(image, image.shape[axis] // 2, axis).astype(np.complex64))
    if acceleration > 1:
        kspace = kspace * masks.random_columns(
            image.shape[-1], acceleration=acceleration, center_fraction=0.08, seed=0
        )
    finding = half_field_of_view(Slice(0, Scan(kspace[None])))
    assert finding is not None
    assert {-2: "readout", -1: "phase encoding"}[axis] in finding.seen


def test_an_undersampled_scan_is_described(sound):
    examination = examine(undersampled(sound, COLUMNS))
    assert examination.sound
    assert examination.facts["sampling"].startswith("columns, 43 of 128 (2.98-fold), ")


@pytest.mark.parametrize("person", ["s1", "colin27", "macaque", "shoulder"])
@pytest.mark.parametrize(("acceleration", "noise"), [(1, 0.005), (4, 0.0), (8, 0.005)])
def test_simulated_acquisitions_are_sound(person, acceleration, noise):
    slices = datasets.load(person)
    width = slices.images.shape[-1]
    mask = np.ones(width, bool)
    if acceleration > 1:
        mask = masks.random_columns(
            width, acceleration=acceleration, center_fraction=0.32 / acceleration, seed=0
        )
    number = len(slices.images) // 2
    acquired = datasets.simulate(slices.images[number], mask, noise=noise, seed=(person, number))
    assert examine(Scan(acquired.kspace[None], mask)).findings == ()


def test_a_linear_phase_is_a_fact_and_no_fault(shared_data):
    for path in sorted((shared_data / "twix").glob("*.dat")):
        examination = examine(formats.read(path))
        assert examination.findings == ()
        assert "a linear phase across the image" in examination.facts["zero frequency"]


def test_real_scans_are_sound(shared_data):
    for name in ("pulseq_brain_16ch", "pulseq_phantom_16ch", "pulseq_brain_bodycoil_2ch"):
        path = shared_data / "raw" / f"{name}_gre128.npy"
        assert examine(formats.read(path, axes=("coil", "phase", "readout"))).findings == ()
    assert examine(formats.read(shared_data / "raw" / "larson_sag_t1_1ch.npy")).findings == ()


def test_a_scan_with_two_phase_encodings_is_sound_once_its_mask_is_given(shared_data):
    path = shared_data / "raw" / "sigpy_brain_8ch_poisson.npy"
    scan = formats.read(path, axes=("coil", "phase2", "phase"))
    assert [f.name for f in examine(scan).findings] == ["no mask, and zeros"]
    masked = scan.with_mask((np.asarray(scan.kspace) != 0).any(axis=0))
    examination = examine(masked)
    assert examination.findings == ()
    assert "two phase encodings, 8.04-fold" in examination.facts["sampling"]


def test_the_picture_is_a_png(sound):
    pytest.importorskip("matplotlib", reason="the picture needs matplotlib")
    assert picture_png(sound, dpi=40).startswith(b"\x89PNG")
