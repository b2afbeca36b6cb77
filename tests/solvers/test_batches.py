"""Batches that are solved at once: images that are done leave, and all come back in order."""

from itertools import pairwise

import numpy as np
import pytest
from properties import random_complex, random_mask

from csmri import L1, MaskedFourier, TotalVariation, Wavelet
from csmri.arrays import to_numpy
from solvers import RelativeChange, RelativeGap, admm, batches, fista, minimise, primal_dual

WAYS = {
    "admm, total variation": (admm, 0.05 * TotalVariation()),
    "admm, wavelets": (admm, 0.05 * (L1() @ Wavelet("haar", levels=2))),
    "admm, a sum": (admm, 0.05 * TotalVariation() + 0.02 * (L1() @ Wavelet("haar", levels=1))),
    "primal_dual": (primal_dual, 0.05 * TotalVariation()),
    "fista": (fista, 0.05 * (L1() @ Wavelet("haar", levels=2))),
}


def scans(torch, *, own_masks=False, coils=0):
    """(A, y) of six images, some of them harder than others, and one of zeros."""
    blocks = random_complex(np, (6, 4, 4), seed=1)
    noise = random_complex(np, (6, 16, 16), seed=2)
    hardness = np.asarray([0.0, 0.3, 0.02, 0.0, 0.1, 0.3])[:, None, None]
    x = np.kron(blocks, np.ones((4, 4))) + hardness * noise
    x[3] = 0
    masks = random_mask(np, (6, 1, 16) if own_masks else (16,), fraction=0.5)
    maps = None
    if coils:
        maps = random_complex(np, (coils, 16, 16), seed=3)
        maps = torch.asarray(maps / np.sqrt((abs(maps) ** 2).sum(axis=0)))
    A = MaskedFourier(torch.asarray(masks), maps)
    return A, A(torch.asarray(x))


@pytest.fixture
def sizes(monkeypatch):
    """How many images were at work in each part of a run."""
    seen, run = [], batches.run

    def watched(solver, problem, *rest, **keywords):
        seen.append(problem.batch_shape[0])
        return run(solver, problem, *rest, **keywords)

    monkeypatch.setattr(batches, "run", watched)
    return seen


@pytest.mark.parametrize(
    ("way", "own_masks"), [*((way, False) for way in WAYS), ("admm, total variation", True)]
)
def test_images_that_are_done_leave_the_others(way, own_masks, sizes):
    torch = pytest.importorskip("torch")
    solver, R = WAYS[way]
    A, y = scans(torch, own_masks=own_masks)
    result = solver(A, y, R, iterations=1000, stop=RelativeGap(1e-2, every=1))
    assert sizes[0] == 6
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) > 1
    assert result.converged.all()
    assert (result.gap <= 1e-2).all()
    assert result.iterations[3] == result.iterations.min() < result.iterations.max()
    A = MaskedFourier(to_numpy(A.mask))
    best = admm(A, to_numpy(y), R, iterations=2000, stop=RelativeGap(1e-6))
    assert (result.objective <= best.objective / (1 - 1e-2) + 1e-12).all()
    assert (result.objective >= best.objective * (1 - 1e-6)).all()


def test_several_coils_and_a_rule_without_proofs(sizes):
    torch = pytest.importorskip("torch")
    A, y = scans(torch, coils=3)
    R = 0.02 * TotalVariation()
    result = minimise(A, y, R, iterations=1000, stop=RelativeChange(1e-5))
    assert len(sizes) > 1
    assert result.converged.all()
    A = MaskedFourier(to_numpy(A.mask), to_numpy(A.maps))
    best = minimise(A, to_numpy(y), R, stop=RelativeGap(1e-4))
    assert (result.objective <= best.objective * (1 + 1e-3)).all()


def test_what_was_measured_stays_with_its_image():
    torch = pytest.importorskip("torch")
    A, y = scans(torch)
    result = admm(A, y, 0.05 * TotalVariation(), iterations=1000, stop=RelativeGap(1e-3))
    last = result.history[-1]
    assert last.gap.shape == last.objective.shape == last.metrics["change"].shape == (6,)
    assert (last.gap <= 1e-3).all()
    assert [record.iteration for record in result.history] == sorted(
        {record.iteration for record in result.history}
    )
    assert {int(n) for n in result.iterations} <= {record.iteration for record in result.history}
    assert all(a.seconds <= b.seconds for a, b in pairwise(result.history))


def test_a_count_that_runs_out_ends_all(sizes):
    torch = pytest.importorskip("torch")
    A, y = scans(torch)
    rule = RelativeGap(1e-9, every=5)
    result = admm(A, y, 0.05 * TotalVariation(), iterations=12, stop=rule)
    assert not result.converged.all()
    assert result.iterations.max() == 12
    assert result.x.shape == y.shape


def test_a_callback_sees_all_images_to_the_end():
    torch = pytest.importorskip("torch")
    A, y = scans(torch)
    seen = []
    rule = RelativeGap(1e-3, every=5)
    R = 0.05 * TotalVariation()
    admm(A, y, R, stop=rule, callback=lambda progress: seen.append(tuple(progress.x.shape)))
    assert set(seen) == {(6, 16, 16)}


def test_gradients_flow_to_images_that_left():
    torch = pytest.importorskip("torch")
    A, y = scans(torch)
    weights = torch.asarray([1.0, 2, 3, 4, 5, 6], dtype=torch.float64)[:, None, None]
    weights.requires_grad_()
    result = fista(
        A, weights * y, WAYS["fista"][1], iterations=200, stop=RelativeGap(1e-3, every=5)
    )
    result.x.abs().sum().backward()
    assert (weights.grad[[0, 1, 2, 4, 5]] != 0).all()


def test_batches_of_numpy_go_the_same_way_where_they_are_solved_at_once(monkeypatch, sizes):
    monkeypatch.setattr("solvers.problem.is_numpy_array", lambda x: False)
    torch = pytest.importorskip("torch")
    A, y = scans(torch)
    R, rule = 0.05 * TotalVariation(), RelativeGap(1e-3, every=5)
    by_numpy = admm(MaskedFourier(to_numpy(A.mask)), to_numpy(y), R, iterations=2000, stop=rule)
    by_torch = admm(A, y, R, iterations=2000, stop=rule)
    assert np.array_equal(by_numpy.iterations, by_torch.iterations)
    np.testing.assert_allclose(by_numpy.x, to_numpy(by_torch.x), atol=1e-9)
