"""The benchmark's machinery on a toy: what it reports is what was computed. No time is asserted."""

import json
from itertools import islice, pairwise

import numpy as np
import pytest
import pywt
from benchmarks import parts
from benchmarks.accuracy import Curve, Point, grid, stalled, wanted
from benchmarks.entrant import BY_HAND, TOOLKIT, Entrant
from benchmarks.instances import LEVELS, WAVELET, instances
from benchmarks.optima import optimum
from benchmarks.peers.periodized import analyse, synthesise
from benchmarks.run import PARTS, Extent, run

import solvers

pytestmark = pytest.mark.filterwarnings("ignore:Level value of 4 is too high")  # of a toy's

TOY = Extent(
    {"images": ("phantom",), "sizes": (32,), "weights": (0.01,)},
    repetitions=1,
    longest=60.0,  # so that what is reached depends on no clock
    slices=2,
    size=32,
    new_processes=0,
)


@pytest.fixture(scope="module")
def toys():
    return {instance.penalty: instance for instance in instances(**TOY.cases)}


@pytest.fixture(scope="module")
def optima(tmp_path_factory):
    """The file of optima, which the tests share as the parts of a benchmark do."""
    return tmp_path_factory.mktemp("optima") / "optima.npz"


@pytest.fixture(params=["wavelet", "tv"])
def toy(request, toys):
    return toys[request.param]


def test_the_evaluator_agrees_with_the_solvers(toy):
    result = solvers.minimise(toy.A, toy.kspace.astype(complex), toy.regularizer, iterations=20)
    assert toy.objective(result.x) == pytest.approx(result.objective, rel=1e-12)


def test_an_optimum_is_certified_and_kept_until_the_problem_changes(toy, toys, optima):
    optimum(toy, optima, 1e-2)  # too loose to be what the next line gives
    best = optimum(toy, optima)
    assert 0 <= best.gap <= 1e-8
    for x in (toy.zero_filled, solvers.minimise(toy.A, toy.kspace, toy.regularizer).x):
        assert toy.objective(x) >= best.objective * (1 - best.gap)
    kept = optima.read_bytes()
    assert optimum(toy, optima) == best
    assert optima.read_bytes() == kept
    assert len({instance.digest for instance in toys.values()}) == len(toys)


def test_the_periodized_wavelet_is_that_of_pywavelets_and_orthonormal(toy):
    x = toy.zero_filled.astype(complex)
    c = analyse(x)
    listed = pywt.wavedec2(x, WAVELET, "periodization", LEVELS)
    assert np.sum(np.abs(c)) == pytest.approx(
        np.sum(np.abs(listed[0])) + sum(np.sum(np.abs(b)) for level in listed[1:] for b in level)
    )
    np.testing.assert_allclose(synthesise(c), x, atol=1e-12)


@pytest.mark.filterwarnings("ignore")  # what peers say of themselves
@pytest.mark.parametrize("kind", [BY_HAND, TOOLKIT])
def test_everybody_who_claims_our_problem_approaches_its_optimum(toy, kind, optima):
    best = optimum(toy, optima).objective
    present, _ = parts.entrants()
    same = [e for e in present if e.kind == kind and not e.another_problem]
    if not any(toy.penalty in e.penalties for e in same):
        pytest.skip(f"no {kind} solver of {toy.penalty} is installed")
    for entrant in (e for e in same if toy.penalty in e.penalties):
        distance = toy.objective(entrant.prepare(toy)(300)) / best - 1
        assert -1e-6 < distance < 0.02, entrant.name


def test_an_entrant_without_its_package_stays_away_and_says_why():
    entrant = Entrant("none", TOOLKIT, ("tv",), lambda instance: None, ("no_such_package",))
    assert entrant.reason_to_stay_away() == "no_such_package is not installed"


def test_iterations_are_tried_on_a_growing_grid():
    first = list(islice(grid(), 12))
    assert first[:6] == [1, 2, 3, 4, 6, 8]
    assert all(a < b <= 2 * a for a, b in pairwise(first))


def test_time_to_an_accuracy_is_interpolated_between_the_runs_that_bracket_it():
    curve = Curve([Point(10, 9.0, 1e-2), Point(20, 9.0, 1e-4), Point(40, 9.0, 1e-6)])
    curve.timed = {10: [1.0, 1.2, 1.1], 20: [2.1, 9.0, 2.0], 40: [4.1]}
    assert curve.seconds_to(1e-3) == pytest.approx(1.6)  # half way in log(distance)
    assert curve.seconds_to(1e-4) == pytest.approx(2.1)
    assert curve.seconds_to(1e-9) is None
    assert curve.iterations_to(1e-5) == 40
    assert curve.seconds_an_iteration() == pytest.approx(0.1)
    assert wanted(curve, (1e-3, 1e-4)) == [10, 20]


def test_a_solver_of_another_problem_is_seen_to_stall_and_a_slow_one_is_not():
    numbers = [100 * 2**k for k in range(6)]
    there = [Point(n, 1.0, 0.3 + 1e-4 / n) for n in numbers]
    slow = [Point(n, 1.0, 1 / n) for n in numbers]
    assert stalled(there)
    assert not stalled(slow)


@pytest.mark.filterwarnings("ignore")  # what peers say of themselves
def test_all_parts_run_on_a_toy_and_are_reported(optima, monkeypatch, capsys):
    folder = optima.parent
    present, absent = parts.entrants()
    few = [e for e in present if e.name == "csmri minimise" or e.kind == BY_HAND]
    monkeypatch.setattr(parts, "entrants", lambda: (few, {**absent, "Somebody": "a reason"}))
    monkeypatch.setattr("benchmarks.penalties.GRID", (0.1, 1.0))
    monkeypatch.setattr("benchmarks.floor.SHORT", 2)
    monkeypatch.setattr("benchmarks.floor.LONG", 4)
    run(TOY, PARTS, folder)
    found = json.loads((folder / "benchmark.json").read_text(encoding="utf-8"))
    (wavelet, tv) = found["accuracy"]["cases"].values()
    for case, name in ((wavelet, "NumPy/pywt FISTA"), (tv, "torch PDHG")):
        ours = case["entrants"]["csmri minimise"]
        assert ours["seconds to"]["0.0001"] > 0
        assert case["entrants"][name]["points"][0][0] == 1
    assert set(found["penalties"]["phantom 32² tv 0.01"]["fixed"]) == {"0.1", "1.0"}
    names = " ".join(found["inference"])
    assert all(name in names for name in ("total variation, gap ≤ 0.001", "unet", "unrolled"))
    assert all(min(times.values()) > 0 for times in found["inference"].values())
    true, proven = (
        found["certified"]["phantom 32² tv 0.01"][key]
        for key in ("true", "certified at every iteration")
    )
    assert 0 < true <= proven
    table = (folder / "table.md").read_text(encoding="utf-8")
    assert "Somebody was not run: a reason" in table
    widths = [line.count("|") for line in table.splitlines() if line.startswith("|")]
    assert min(widths) > 2
    assert (folder / "convergence.png").stat().st_size > 10_000
    assert "## The floor" in capsys.readouterr().out
