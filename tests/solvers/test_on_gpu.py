"""On a GPU: CuPy's and torch's arrays go through the very same solvers, and stay where they are."""

from itertools import product

import numpy as np
import pytest
from properties import assert_close, random_complex
from test_gpu_paths import ITERATIONS, WAYS, batch

import solvers
from csmri import MaskedFourier, kernels
from csmri.kernels import agnostic, agnostic_penalty, agnostic_proof, agnostic_wavelet, sense
from csmri.kernels.gpu import missing_for_cupy
from csmri.kernels.torch_gpu import missing_for_torch
from csmri.operators.wavelet import lowpass

pytestmark = pytest.mark.gpu
TOLERANCE = {"complex64": 1e-5, "complex128": 1e-12}


@pytest.fixture
def cupy():
    if lacking := missing_for_cupy():
        pytest.skip(lacking)
    return pytest.importorskip("cupy")


@pytest.fixture
def torch():
    if lacking := missing_for_torch():
        pytest.skip(lacking)
    return pytest.importorskip("torch")


def calls(xp, shape, dtype):
    """(kernel, definition, arguments, keywords) of every twin."""
    w, x, y, z = (
        xp.asarray(random_complex(np, (2, 3, *own, *shape), seed=seed, dtype=dtype))
        for seed, own in enumerate(((2,), (), (), ()))
    )
    w_next = w[::-1] + 0
    rng = np.random.default_rng(4)
    real = x.real.dtype
    each = xp.asarray(rng.random((2, 3, 1, 1)).astype(real))
    of_pairs = each[..., None]
    factor = xp.asarray(rng.random(shape).astype(real))
    maps = xp.asarray(random_complex(np, (4, *shape), seed=5, dtype=dtype))
    row, full = (xp.asarray(rng.random(s) < 0.5) for s in (shape[-1:], shape))
    for isotropic, periodic in product((True, False), repeat=2):
        kind = {"isotropic": isotropic, "periodic": periodic}
        for t in (0.7, of_pairs):
            keywords = {"alpha": 1.8, **kind}
            yield "difference_shrink_relax", agnostic, (w, x, t), keywords
            yield "difference_dual_step", agnostic, (w, x, 0.7), {"sigma": t, "over": 1.9, **kind}
            yield "difference_rescale", agnostic_penalty, (w, t), {"ratio": t + 1, **kind}
            keywords = {"alpha": 1.8, "isotropic": isotropic, "batch_axes": 2}
            yield "difference_step_energies", agnostic_penalty, (w, w_next, t), keywords
        yield "difference_sum", agnostic_proof, (x,), kind
        yield "difference_peak", agnostic_proof, (w, x), kind
        yield "forward_differences_adjoint", agnostic, (w,), {"periodic": periodic}
        yield "forward_differences", agnostic, (x,), {"periodic": periodic}
    keywords = {"alpha": 1.8, "batch_axes": 2}
    yield "step_energies", agnostic_penalty, (w, w_next, w_next, w), keywords
    for name in ("haar", "db4", "sym4"):
        h = lowpass(name)
        yield "wavelet_analysis", agnostic_wavelet, (x, h, 2), {}
        yield "wavelet_synthesis", agnostic_wavelet, (x, h, 2), {}
        for t in (0.7, each):
            yield "wavelet_shrink", agnostic_wavelet, (x, h, 2, t), {}
            yield "wavelet_shrink_relax", agnostic_wavelet, (x, y, h, 2, t), {"alpha": 1.8}
    for t in (0.7, each):
        keywords = {"alpha": 1.8, "batch_axes": 2}
        yield "shrunk_step", agnostic_penalty, (x, y, t), keywords
        yield "shrunk_rescale", agnostic_penalty, (x, t), {"ratio": t + 1}
        yield "soft_threshold", agnostic, (x, t), {}
        yield "extrapolate", agnostic, (x, y, t), {}
        yield "replace_samples", agnostic, (x, y, row, t), {}
        yield "replace_samples", agnostic, (x, y, full, t), {}
    for t in (0.7, of_pairs):
        yield "group_soft_threshold", agnostic, (w, t, -3), {}
    yield "relax", agnostic, (x, y, z, 1.8), {}
    yield "reflect", agnostic, (x, y), {}
    yield "multiply_add", agnostic, (x, factor, y), {}
    yield "overlap", agnostic_proof, (x, y), {}
    for mask in (None, row, full):
        yield "squared_error", agnostic_proof, (x, y, mask), {}
    for mask in (row, full):
        arguments = (x + 0, y, mask.astype(real), factor)  # the first is written over, after all
        yield "split_spectrum", agnostic_proof, arguments, {}
    for mask, columns in ((row, True), (full, False)):
        yield "sense_normal", sense, (x, maps, mask), {"columns": columns}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(8, 8), (20, 12), (320, 320), (4, 1032)])
def test_every_cuda_twin_equals_its_definition(cupy, shape, dtype):
    for name, room, arguments, keywords in calls(cupy, shape, dtype):
        definition = sense.definition if room is sense else getattr(room, name)
        kernel = sense.sense_normal if room is sense else getattr(kernels, name)
        expected, found = definition(*arguments, **keywords), kernel(*arguments, **keywords)
        for a, b in zip(flat(found), flat(expected), strict=True):
            assert_close(a, b, TOLERANCE[dtype])


def flat(result):
    """The arrays of a result, one after the other."""
    if not isinstance(result, tuple):
        return [result]
    return [array for part in result for array in flat(part)]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(8, 8), (5, 7), (320, 320)])
def test_what_lies_between_two_transforms(cupy, shape, dtype):
    x, y = (random_complex(np, (3, *shape), seed=seed, dtype=dtype) for seed in range(2))
    rng = np.random.default_rng(2)
    factor = rng.random(shape).astype(x.real.dtype)
    found = kernels.filter_add(cupy.asarray(x), cupy.asarray(factor), cupy.asarray(y))
    assert_close(found, kernels.filter_add(x, factor, y), TOLERANCE[dtype])
    for mask in (rng.random(shape[-1:]) < 0.5, rng.random(shape) < 0.5):
        columns = mask.ndim == 1
        there = (cupy.asarray(x), cupy.asarray(y), cupy.asarray(mask), 0.7)
        found = kernels.move_to_data(*there, columns=columns)
        expected = kernels.move_to_data(x, y, mask, 0.7, columns=columns)
        assert_close(found, expected, TOLERANCE[dtype])


def solved(way, dtype, asarray=None):
    solver, R, coils = WAYS[way]
    A, y = batch(dtype, coils)
    if asarray is not None:
        maps = None if A.maps is None else asarray(A.maps)
        A, y = MaskedFourier(asarray(A.mask), maps), asarray(y)
    return solver(A, y, R, iterations=10 if solver is solvers.nested else ITERATIONS)


@pytest.mark.parametrize(("dtype", "tolerance"), [("complex64", 1e-4), ("complex128", 1e-10)])
@pytest.mark.parametrize("way", WAYS)
def test_cupy_follows_the_iterates_of_numpy(cupy, way, dtype, tolerance):
    found = solved(way, dtype, cupy.asarray)
    assert isinstance(found.x, cupy.ndarray)
    assert_close(found.x, solved(way, dtype).x, tolerance)


@pytest.mark.parametrize("way", WAYS)
def test_torch_on_a_gpu_follows_the_iterates_of_numpy(torch, way):
    found = solved(way, "complex64", lambda array: torch.asarray(array, device="cuda"))
    assert found.x.device.type == "cuda"
    assert_close(found.x, solved(way, "complex64").x, 1e-4)


def test_a_solve_on_a_gpu_is_differentiable(torch):
    A, y = batch("complex128")
    there = torch.asarray(y, device="cuda", dtype=torch.complex128, requires_grad=True)
    A = MaskedFourier(torch.asarray(A.mask, device="cuda"))
    image = solvers.fista(A, there, WAYS["fista, wavelets"][1], iterations=3).x
    image.abs().sum().backward()
    assert torch.isfinite(there.grad).all()
    assert there.grad.abs().max() > 0


@pytest.mark.parametrize("way", [way for way in WAYS if "several coils" not in way])
def test_fifty_iterations_copy_nothing_to_the_host(cupy, torch, way):
    solver, R, coils = WAYS[way]
    A, y = batch("complex64", coils)
    A, y = MaskedFourier(cupy.asarray(A.mask)), cupy.asarray(y)
    copies = {}
    for iterations in (0, ITERATIONS, 0, ITERATIONS):  # the first two compile and plan
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as seen:
            solver(A, y, R, iterations=iterations)
            cupy.cuda.runtime.deviceSynchronize()
        # CUPTI, which torch's profiler reads, sees the copies of the whole process, CuPy's too.
        names = [event.name for event in seen.events()]
        assert names, "the profiler saw nothing"
        copies[iterations] = sum("DtoH" in name for name in names)
    assert copies[0] > 0  # the data are checked, which looks at them
    assert copies[ITERATIONS] == copies[0]
