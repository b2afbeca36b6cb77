"""Iterative solvers of ½‖A x − y‖² + R(x), each with a proof of how far it is from the optimum."""

from solvers.admm import admm
from solvers.chunks import Chunked, MemoryForecast, OutOfMemoryWarning, in_chunks, memory_forecast
from solvers.conjugate_gradient import conjugate_gradient
from solvers.discrepancy import Discrepancy, discrepancy
from solvers.fista import fista
from solvers.ista import ista
from solvers.low_rank_plus_sparse import LowRankPlusSparse, low_rank_plus_sparse
from solvers.minimise import minimise
from solvers.nested import nested
from solvers.path import PathPoint, path
from solvers.pogm import pogm
from solvers.primal_dual import primal_dual
from solvers.progress import Callback, Progress, Record
from solvers.result import Result
from solvers.series import Series, reconstruct_series
from solvers.stopping import RelativeChange, RelativeGap, StoppingRule
from solvers.trace import ProgressBar, Trace

__all__ = [
    "Callback",
    "Chunked",
    "Discrepancy",
    "LowRankPlusSparse",
    "MemoryForecast",
    "OutOfMemoryWarning",
    "PathPoint",
    "Progress",
    "ProgressBar",
    "Record",
    "RelativeChange",
    "RelativeGap",
    "Result",
    "Series",
    "StoppingRule",
    "Trace",
    "admm",
    "conjugate_gradient",
    "discrepancy",
    "fista",
    "in_chunks",
    "ista",
    "low_rank_plus_sparse",
    "memory_forecast",
    "minimise",
    "nested",
    "path",
    "pogm",
    "primal_dual",
    "reconstruct_series",
]
