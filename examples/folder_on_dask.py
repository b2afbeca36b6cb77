"""A folder of raw files on workers of Dask, one slice a task; run it again after a crash.

    python examples/folder_on_dask.py [--folder RAW] [--output IMAGES] [--workers 2]
                                      [--scheduler tcp://host:8786] [--slices 8]

Without a folder it first writes one: slices of a person, 4-fold undersampled, a file each. Finished
slices are kept, so that a run that was broken off does only what is missing. Prints one line a file
and the time; the same from the command line: csmri reconstruct RAW -o IMAGES --workers 2.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from csmri import datasets, formats, masks
from csmri.app import pipeline

ACCELERATION, CENTRE, NOISE, SEED = 4, 0.08, 0.005, 0


def write_folder(folder: Path, slices: int) -> None:
    images = datasets.load("colin27", shape=(256, 256)).images
    mask = masks.random_columns(256, acceleration=ACCELERATION, center_fraction=CENTRE, seed=SEED)
    folder.mkdir(parents=True, exist_ok=True)
    for number in np.linspace(8, 40, slices).round().astype(int):
        acquired = datasets.simulate(
            images[number], mask, noise=NOISE, seed=("colin27", int(number))
        )
        scan = formats.Scan(acquired.kspace[None, None], mask, voxel_size=(1.0, 1.0, 2.0))
        formats.write_scan(folder / f"slice{number:03}.npz", scan)


def main(folder: Path, output: Path, workers: int, scheduler: str | None, slices: int) -> None:
    if not folder.is_dir():
        write_folder(folder, slices)
    targets = pipeline.targets([folder], output, ".npy")
    engine = pipeline.dask_scheduler(scheduler) if scheduler else pipeline.dask_workers(workers)
    since = time.perf_counter()
    outcome = pipeline.reconstruct(targets, pipeline.Recipe("tv"), engine)
    seconds = time.perf_counter() - since
    for path in outcome.written:
        print(f"{path.name}  {np.load(path).shape}")
    for where, why in outcome.faults:
        print(f"failed: {where}: {why}")
    print(f"{outcome.done} slices in {seconds:.1f} s, {outcome.resumed} kept from before")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("raw"))
    parser.add_argument("--output", type=Path, default=Path("images"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scheduler", help="address of a running Dask scheduler")
    parser.add_argument("--slices", type=int, default=8, help="how many to write without a folder")
    arguments = parser.parse_args()
    main(
        arguments.folder, arguments.output, arguments.workers, arguments.scheduler, arguments.slices
    )
