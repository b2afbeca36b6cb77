"""From raw files to image files: read, make white, calibrate, solve, write, slice by slice."""

from csmri.app.pipeline.devices import library_for
from csmri.app.pipeline.engines import (
    Engine,
    dask_scheduler,
    dask_workers,
    require_workers,
    threads,
)
from csmri.app.pipeline.jobs import Answer, Job, Reading
from csmri.app.pipeline.methods import METHODS
from csmri.app.pipeline.recipe import Noise, Recipe, noise_of, reconstruct_slice
from csmri.app.pipeline.run import Outcome, Target, reconstruct, targets

__all__ = [
    "Recipe",
    "reconstruct",
    "targets",
    "Target",
    "Outcome",
    "Reading",
    "Engine",
    "threads",
    "require_workers",
    "dask_workers",
    "dask_scheduler",
    "reconstruct_slice",
    "noise_of",
    "Noise",
    "Job",
    "Answer",
    "METHODS",
    "library_for",
]
