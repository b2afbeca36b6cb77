import subprocess
import sys

import numpy as np
import pytest

from csmri import masks

COLUMNS = {"acceleration": 4, "center_fraction": 0.08}


def drawn(name):
    match name:
        case "equispaced_columns":
            return masks.equispaced_columns(256, **COLUMNS)
        case "radial_lines":
            return masks.radial_lines((128, 128), 22)
        case "poisson_disc" | "gaussian_2d":
            return getattr(masks, name)((64, 48), acceleration=4, seed=0)
        case _:
            return getattr(masks, name)(256, **COLUMNS, seed=0)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("random_columns", "d8cc6201d0fe3e2dc419e3a08e8ade0afcbeff64556a4912cd2c2761e60468ce"),
        (
            "variable_density_columns",
            "c848662919d102a5401669858675a1c4481d3083404f8639c493d956cf79d6e1",
        ),
        ("equispaced_columns", "f54c5961cc5b390f4666d4fecc3861bd9fa7a80b02d1a5ab08a4079b722a9c57"),
        ("poisson_disc", "b1b8bbc267a05af9f34f0923bee4155ee12aaa08e935aaef60e981ca76873199"),
        ("gaussian_2d", "c85e7e5f68193ea7e031205654d9b7245e4b115ce7ca83651d2c4ed1f4a2cf9a"),
        ("radial_lines", "6151ee0fbd6f9d8e63777461b789ffc558a1544c4ebeee4218cd921dafcb44fe"),
    ],
)
def test_the_bits_of_a_mask_stay_what_they_were(name, digest):
    """Published results name their masks by these digests: a change here is a breaking one."""
    assert masks.digest(drawn(name)) == digest


def test_the_digest_is_of_the_bits_and_the_shape_whatever_the_memory():
    mask = drawn("poisson_disc")
    assert masks.digest(mask) == masks.digest(np.asfortranarray(mask))
    assert masks.digest(mask) == masks.digest(np.repeat(mask, 2, axis=1)[:, ::2])
    assert len({masks.digest(m) for m in (mask, mask.T, mask.ravel(), ~mask)}) == 4
    assert len({masks.digest(np.zeros(n, bool)) for n in range(1, 9)}) == 8


def test_generators_with_one_seed_share_no_random_numbers():
    uniform = masks.random_columns(4096, acceleration=2, center_fraction=0, seed=0)
    weighted = masks.variable_density_columns(
        4096, acceleration=2, center_fraction=0, seed=0, power=0
    )
    # Both are fair halves of the columns: independent ones agree in half of all places.
    assert np.mean(uniform == weighted) == pytest.approx(0.5, abs=5 / (2 * np.sqrt(4096)))


def test_acceleration_is_what_was_achieved_not_what_was_asked_for():
    assert masks.acceleration(np.array([True, False, False, True])) == 2
    assert masks.acceleration(
        masks.random_columns(10, acceleration=4, center_fraction=0, seed=0)
    ) == pytest.approx(5)


def test_a_mask_that_measures_nothing_has_no_acceleration():
    with pytest.raises(ValueError, match=r"shape \(4,\) that measures nothing, expected at least"):
        masks.acceleration(np.zeros(4, dtype=bool))


@pytest.mark.parametrize("function", [masks.acceleration, masks.digest])
def test_a_mask_of_numbers_is_refused(function):
    with pytest.raises(TypeError, match="got a mask of float64, expected bool"):
        function(np.ones(4))


def test_masks_are_drawn_without_scipys_spatial_trees():
    script = """
import sys
from csmri import masks
masks.poisson_disc((32, 32), acceleration=4, seed=0)
print("scipy.spatial" in sys.modules)
"""
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert process.stdout.split() == ["False"]
