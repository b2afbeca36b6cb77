"""What solvers do on a GPU, as far as a host can show it: CUDA's kernels run as C++."""

import numpy as np
import pytest
from cuda_on_host import needs_compiler
from properties import assert_close, random_complex, random_mask

import solvers
from csmri import L1, MaskedFourier, TotalVariation, Wavelet
from csmri.arrays import to_numpy
from solvers import problem

ITERATIONS = 50


def smooth(shape, seed):
    """Images of some blocks, with a phase that varies."""
    corners = random_complex(np, (shape[0], 4, 4), seed=seed)
    return np.kron(corners, np.ones((shape[1] // 4, shape[2] // 4)))


def batch(dtype, coils=0, images=3, shape=(32, 24)):
    """(A, y) of a few images whose scales, and so penalties, differ."""
    mask = random_mask(np, shape[-1:], fraction=0.4)
    maps = None
    if coils:
        maps = random_complex(np, (coils, *shape), seed=3)
        maps = (maps / np.sqrt((abs(maps) ** 2).sum(axis=0))).astype(dtype)
    x = smooth((images, *shape), seed=1) * np.asarray([1.0, 4.0, 0.3])[:images, None, None]
    A = MaskedFourier(mask, maps)
    return A, A(x.astype(dtype)).astype(dtype)


WAYS = {
    "fista, wavelets": (solvers.fista, 0.05 * (L1() @ Wavelet("db2", levels=2)), 0),
    "admm, wavelets": (solvers.admm, 0.05 * (L1() @ Wavelet("db2", levels=2)), 0),
    "admm, total variation": (solvers.admm, 0.02 * TotalVariation(), 0),
    "admm, anisotropic": (solvers.admm, 0.02 * TotalVariation(isotropic=False), 0),
    "admm, a sum": (
        solvers.admm,
        0.02 * TotalVariation() + 0.01 * (L1() @ Wavelet("haar", levels=1)),
        0,
    ),
    "primal_dual, total variation": (solvers.primal_dual, 0.02 * TotalVariation(), 0),
    "fista, several coils": (solvers.fista, 0.05 * (L1() @ Wavelet("haar", levels=2)), 4),
    "nested, several coils": (solvers.nested, 0.02 * TotalVariation(), 4),
}
# Which kernels have to have served.
KERNELS = {
    "fista, wavelets": {"replace_samples", "split_rows", "merge_columns", "extrapolate"},
    "admm, wavelets": {"replace_samples", "split_columns", "merge_rows", "step_energies"},
    "admm, total variation": {
        "shrink_relax",
        "multiply_add",
        "difference_step_energies",
        "rescale",
    },
    "admm, anisotropic": {"shrink_relax", "multiply_add", "rescale"},
    "admm, a sum": {
        "multiply_add",
        "forward_differences",
        "relax",
        "extrapolate",
        "soft_threshold_pairs",
    },
    "primal_dual, total variation": {"dual_step", "replace_samples", "extrapolate"},
    "fista, several coils": {"weigh", "keep", "gather", "split_rows"},
    "nested, several coils": {"weigh", "gather", "dual_step"},
}


@pytest.fixture
def batches_at_once(monkeypatch):
    """NumPy batches are solved as those of other libraries are, all images in one array."""
    monkeypatch.setattr(problem, "is_numpy_array", lambda x: False)


def solved(way, dtype):
    solver, R, coils = WAYS[way]
    A, y = batch(dtype, coils)
    return solver(A, y, R, iterations=10 if solver is solvers.nested else ITERATIONS)


@pytest.mark.parametrize(("dtype", "tolerance"), [("complex64", 1e-4), ("complex128", 1e-10)])
@pytest.mark.parametrize("way", WAYS)
@needs_compiler
def test_cuda_follows_the_iterates_of_numpy(way, dtype, tolerance, request):
    expected = solved(way, dtype).x  # image by image, by whichever kernels serve NumPy
    launched = request.getfixturevalue("cuda_on_host")
    request.getfixturevalue("batches_at_once")
    found = solved(way, dtype)
    assert found.x.dtype == np.dtype(dtype)
    assert_close(found.x, expected, tolerance)
    assert set(launched) >= KERNELS[way]


@pytest.mark.parametrize(
    "way", ["admm, total variation", "admm, a sum", "primal_dual, total variation"]
)
def test_a_batch_solved_at_once_follows_its_images_alone(way, xp):
    solver, R, _ = WAYS[way]
    A, y = batch("complex128")
    expected = solver(A, y, R, iterations=ITERATIONS)
    there = MaskedFourier(xp.asarray(A.mask))
    found = solver(there, xp.asarray(y), R, iterations=ITERATIONS)
    assert_close(to_numpy(found.x), expected.x, 1e-10)
    np.testing.assert_allclose(found.objective, expected.objective, rtol=1e-10)
