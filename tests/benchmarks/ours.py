"""The solvers of this project, with their defaults: nothing is tuned for a case."""

import numpy as np
from benchmarks.entrant import OURS, Entrant

import solvers


def entrant(name, solver, penalties=("wavelet", "tv"), dtype=np.complex64):
    def prepare(instance):
        A, R, y = instance.A, instance.regularizer, instance.kspace.astype(dtype)
        return lambda n: solver(A, y, R, iterations=n, stop=None).x

    return Entrant(name, OURS, penalties, prepare, note="defaults")


# minimise is what a user calls; the others show what it chooses from.
ENTRANTS = (
    entrant("csmri minimise", solvers.minimise),
    entrant("csmri admm", solvers.admm),
    entrant("csmri fista", solvers.fista, ("wavelet",)),
    entrant("csmri pogm", solvers.pogm, ("wavelet",)),
    entrant("csmri primal_dual", solvers.primal_dual, ("tv",)),
)
IN_DOUBLE = entrant("csmri minimise, complex128", solvers.minimise, dtype=np.complex128)
