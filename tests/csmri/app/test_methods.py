from importlib.util import find_spec

import numpy as np
import pytest

from csmri import MaskedFourier
from csmri.app import networks
from csmri.app.classical import (
    TotalVariationReconstruction,
    TunedReconstruction,
    WaveletReconstruction,
)
from csmri.app.methods import (
    METHODS,
    methods_named,
    total_variation,
    wavelet,
    zero_filled,
)
from csmri.reconstruction import Reconstruct

CLASSICAL = (zero_filled, wavelet, total_variation)


@pytest.mark.parametrize("make", CLASSICAL)
def test_every_classical_method_is_a_reconstruct(make, volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    reconstruct = make().reconstruct
    assert isinstance(reconstruct, Reconstruct)
    image = reconstruct(acquired.kspace, acquired.mask)
    assert image.shape == (64, 64)
    assert image.dtype == np.complex64


def test_zero_filled_is_the_adjoint(volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    expected = MaskedFourier(acquired.mask).adjoint(acquired.kspace)
    image = zero_filled().reconstruct(acquired.kspace, acquired.mask)
    np.testing.assert_array_equal(image, expected)


def test_the_mask_tells_which_tuning_to_use():
    four, eight = TotalVariationReconstruction(0.004), TotalVariationReconstruction(0.008)
    tuned = TunedReconstruction({4: four, 8: eight})
    mask = np.zeros(64, bool)
    mask[:16] = True
    assert tuned.at(mask) is four
    mask[9:] = False
    assert tuned.at(mask) is eight


def test_total_variation_shows_its_proof(volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    result = TotalVariationReconstruction(0.01, gap=0.05).solve(acquired.kspace, acquired.mask)
    assert result.converged
    assert 0 <= result.gap <= 0.05


def test_random_shifts_are_drawn_from_a_seed(volumes, cases):
    acquired = cases[0].acquire(volumes[0], 0)
    method = WaveletReconstruction("haar", 0.01, True, levels=3, iterations=5)
    first, again = (method(acquired.kspace, acquired.mask) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    still = WaveletReconstruction("haar", 0.01, False, levels=3, iterations=5)
    assert (still(acquired.kspace, acquired.mask) != first).any()


def test_classical_methods_say_whom_they_were_tuned_on():
    for method in methods_named(["wavelet", "tv"]):
        assert method.budget.persons == ("s1",)
        assert "6 slices of s1" in method.budget.text
        assert method.parameters == 2


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match=r"got the methods tv, magic, expected some of zero-filled"
    ):
        methods_named(["tv", "magic"])
    with pytest.raises(ValueError, match=r"got the methods \(none\)"):
        methods_named([])


def test_a_network_without_torch_says_what_to_install(monkeypatch):
    monkeypatch.setattr(
        networks, "find_spec", lambda name: None if name == "torch" else find_spec(name)
    )
    with pytest.raises(ModuleNotFoundError, match=r"needs torch: pip install 'csmri\[learned\]'"):
        methods_named(["unrolled"])


@pytest.mark.parametrize("name", ["unet", "unrolled"])
def test_the_shipped_networks_are_methods_with_their_training(name, volumes, cases):
    pytest.importorskip("torch", reason="networks need torch")
    method = METHODS[name]()
    assert method.family == "learned"
    assert "s1" in method.budget.persons
    assert "steps" in method.budget.text
    assert len(method.budget.record["weights_sha256"]) == 64
    acquired = cases[0].acquire(volumes[0], 0)
    image = method.reconstruct(acquired.kspace, acquired.mask)
    assert image.shape == (64, 64)
