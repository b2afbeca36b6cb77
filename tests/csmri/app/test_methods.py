from dataclasses import replace

import numpy as np
import pytest

from csmri import MaskedFourier
from csmri.app import tuning_record
from csmri.app.classical import (
    ShiftedWaveletReconstruction,
    TotalVariationReconstruction,
    TunedReconstruction,
    UndecimatedWaveletReconstruction,
    WaveletReconstruction,
)
from csmri.app.methods import (
    cycle_spun,
    oracle,
    total_variation,
    total_variation_l1,
    undecimated,
    wavelet,
    zero_filled,
)
from csmri.reconstruction import Reconstruct

TUNED = (wavelet, cycle_spun, undecimated, total_variation, total_variation_l1)


@pytest.mark.parametrize("make", [zero_filled, *TUNED])
def test_every_classical_method_is_a_reconstruct(make, volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    reconstruct = make().fits[0].reconstruct
    assert isinstance(reconstruct, Reconstruct)
    image = reconstruct(acquired.kspace, acquired.mask)
    assert image.shape == (64, 64)
    assert image.dtype == np.complex64


def test_zero_filled_is_the_adjoint(volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    expected = MaskedFourier(acquired.mask).adjoint(acquired.kspace)
    image = zero_filled().fits[0].reconstruct(acquired.kspace, acquired.mask)
    np.testing.assert_array_equal(image, expected)


def test_the_mask_tells_which_tuning_to_use():
    four, eight = TotalVariationReconstruction(0.004), TotalVariationReconstruction(0.008)
    tuned = TunedReconstruction({4: four, 8: eight})
    mask = np.zeros(64, bool)
    mask[:16] = True
    assert tuned.at(mask) is four
    mask[9:] = False
    assert tuned.at(mask) is eight


def test_random_shifts_are_drawn_from_a_seed(volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    method = ShiftedWaveletReconstruction("haar", 0.01, levels=3, iterations=5)
    first, again = (method(acquired.kspace, acquired.mask) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    "method",
    [
        WaveletReconstruction("haar", 0.01, levels=2, gap=0.05),
        UndecimatedWaveletReconstruction("haar", 0.01, levels=2, gap=0.05),
        TotalVariationReconstruction(0.01, gap=0.05),
        TotalVariationReconstruction(0.01, ratio=1.0, gap=0.05),
    ],
)
def test_every_reconstruction_with_an_objective_shows_its_proof(volumes, cases, method):
    acquired = cases[0].acquire(volumes[0], 0)
    result = method.solve(acquired.kspace, acquired.mask)
    assert result.converged
    assert 0 <= result.gap <= 0.05


def test_the_ratio_of_weights_takes_energy_from_the_background(volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    background = volumes[0].image(0) == 0
    plain, both = (
        TotalVariationReconstruction(0.003, ratio=ratio)(acquired.kspace, acquired.mask)
        for ratio in (0.0, 2.0)
    )
    assert np.abs(both[background]).mean() < 0.7 * np.abs(plain[background]).mean()


@pytest.mark.parametrize("make", TUNED)
def test_tuned_methods_have_a_fit_for_each_fold(make):
    method = make()
    assert [fit.budget.persons for fit in method.fits] == [("s1",), ("colin27",)]
    assert "6 slices of s1" in method.fits[0].budget.text
    assert method.fits[0].parameters == (4 if method.name == "tv-l1" else 2)
    assert len(method.fits[0].budget.record["tuning_sha256"]) == 64


def test_the_oracle_says_that_nobody_can_reach_it():
    method = oracle()
    assert method.family == "oracle"
    assert "unattainable" in method.title
    assert "by its truth" in method.fits[0].budget.text


def test_the_wavelets_that_were_chosen_are_told():
    for fit, record in zip(undecimated().fits, tuning_record.shipped(), strict=True):
        for choice in record.chosen("undecimated"):
            told = f"{choice['wavelet']} {choice['levels']} at {choice['case']}"
            assert told in fit.budget.text
    assert "chosen" not in total_variation().fits[0].budget.text


def test_a_title_tells_the_wavelet_where_it_is_always_the_same():
    records = tuning_record.shipped()
    haar = [
        {**choice, "wavelet": "haar", "levels": 1} for choice in records[0].chosen("undecimated")
    ]
    same = [replace(record, best=tuple(haar)) for record in records]
    assert undecimated(same).title == "Undecimated wavelet (haar 1)"
    other = replace(same[0], best=(haar[0], {**haar[1], "wavelet": "db4"}))
    assert undecimated([other, same[1]]).title == "Undecimated wavelet"


def test_the_fit_for_a_person_is_the_first_that_never_saw_them(volumes, small_volume):
    method = total_variation()
    assert method.fit_for(small_volume("s1")) is method.fits[1]
    assert method.fit_for(small_volume("colin27")) is method.fits[0]
    assert method.fit_for(volumes[0]) is method.fits[0]
