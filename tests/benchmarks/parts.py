"""The parts of the benchmark: each takes an extent and a folder, and gives plain data."""

from importlib import import_module

from benchmarks import ours
from benchmarks.accuracy import raced
from benchmarks.batches import batch_times
from benchmarks.certified import certified_iterations
from benchmarks.floor import floor_and_iterations
from benchmarks.instances import SIZES, instances
from benchmarks.optima import optimum
from benchmarks.penalties import penalty_costs
from benchmarks.startup import startup_times

ACCURACIES = (1e-3, 1e-4)
IN_DOUBLE = (1e-4, 1e-6)
PEERS = (
    "by_hand",
    "sigpy_solvers",
    "modopt_solvers",
    "pyproximal_solvers",
    "scico_solvers",
    "bart_solvers",
)


def accuracy(extent, folder):
    """Time to 1e-3 and 1e-4 of everybody, and to 1e-6 of ours in double precision."""
    present, absent = entrants()
    cases = {}
    for instance, best in cases_of(extent, folder):
        race = {"repetitions": extent.repetitions, "longest": extent.longest, "say": say}
        taking_part = [e for e in present if instance.penalty in e.penalties]
        curves = raced(taking_part, instance, best.objective, accuracies=ACCURACIES, **race)
        double = raced([ours.IN_DOUBLE], instance, best.objective, accuracies=IN_DOUBLE, **race)
        cases[instance.name] = {
            "image": instance.image,
            "size": instance.size,
            "penalty": instance.penalty,
            "weight": instance.weight,
            "optimum": best.objective,
            "proven gap": best.gap,
            "entrants": {name: described(curve) for name, curve in (curves | double).items()},
        }
    everybody = (*present, ours.IN_DOUBLE)
    return {
        "cases": cases,
        "kinds": {entrant.name: entrant.kind for entrant in everybody},
        "notes": {entrant.name: entrant.note for entrant in everybody},
        "absent": absent,
    }


def described(curve):
    return {
        "seconds to": {f"{a:g}": curve.seconds_to(a) for a in (*ACCURACIES, IN_DOUBLE[-1])},
        "iterations to": {f"{a:g}": curve.iterations_to(a) for a in (*ACCURACIES, IN_DOUBLE[-1])},
        "milliseconds an iteration": 1e3 * curve.seconds_an_iteration(),
        "last": curve.points[-1]._asdict(),
        "points": [list(point) for point in curve.points],
        "timed": {str(n): seconds for n, seconds in curve.timed.items()},
    }


def floor(extent, folder):
    """The floor, and the solvers' iterations over it, for each size."""
    found = {}
    for size in extent.cases.get("sizes", SIZES):
        pair = {case.penalty: case for case in instances(("slice",), (size,), weights=(0.01,))}
        found[str(size)] = floor_and_iterations(pair["wavelet"], pair["tv"], extent.repetitions)
    return found


def batches(extent, folder):
    """A batch of slices on one thread, on two, and in two processes."""
    return batch_times(extent.slices, extent.size, extent.repetitions)


def inference(extent, folder):
    """Trained networks beside certified total variation, on one and on two threads."""
    from benchmarks.inference import inference_times  # the others need no torch of ours

    return inference_times(min(extent.slices, 8), extent.size, max(extent.repetitions // 2, 1))


def startup(extent, folder):
    """Imports, first solve and memory of new processes."""
    return startup_times(extent.new_processes, extent.size)


def certified(extent, folder):
    """Iterations to a true and to a certified 1e-3 of total variation."""
    return {
        instance.name: {"weight": instance.weight} | certified_iterations(instance, best.objective)
        for instance, best in cases_of(extent, folder)
        if instance.penalty == "tv"
    }


def penalties(extent, folder):
    """The adaptive penalty of ADMM beside fixed ones."""
    return {
        instance.name: penalty_costs(instance, best.objective, extent.repetitions)
        for instance, best in cases_of(extent, folder)
    }


def cases_of(extent, folder):
    """Each instance with its optimum, from the file of optima where it is there."""
    for instance in instances(**extent.cases):
        if not any(part in instance.name for part in extent.named):
            continue
        best = optimum(instance, folder / "optima.npz", extent.tolerance)
        say(f"  {instance.name}: optimum {best.objective:.9g}, proven to {best.gap:.1e}")
        yield instance, best


def entrants():
    """Everybody who can take part here, and why the others cannot."""
    everybody = list(ours.ENTRANTS)
    for name in PEERS:
        everybody += import_module(f"benchmarks.peers.{name}").ENTRANTS
    absent = {e.name: e.reason_to_stay_away() for e in everybody if e.reason_to_stay_away()}
    return [e for e in everybody if e.name not in absent], absent


def say(line):
    print(line, flush=True)
