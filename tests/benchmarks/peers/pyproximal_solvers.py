"""PyProximal on PyLops operators, two of them ours: the shipped ones are not periodic."""

from importlib.util import find_spec

import numpy as np
from benchmarks.entrant import TOOLKIT, Entrant
from benchmarks.peers.periodized import analyse, synthesise

NEEDS = ("pyproximal", "pylops")
TAU = 2.0  # σ = 1/(8τ): the best found for all cases


def data_term(instance, **options):
    import pylops
    import pyproximal

    shape = instance.kspace.shape
    F = pylops.signalprocessing.FFT2D(
        shape,
        norm="ortho",
        ifftshift_before=True,
        fftshift_after=True,
        dtype="complex64",
        engine="mkl_fft" if find_spec("mkl") else "scipy",
        forceflat=True,
    )
    measured = np.flatnonzero(np.broadcast_to(instance.mask, shape))
    M = pylops.Restriction(int(np.prod(shape)), measured, dtype="complex64", forceflat=True)
    return pyproximal.L2(Op=M @ F, b=instance.kspace.ravel()[measured], **options)


def operator(shape, rows, forward, adjoint):
    import pylops

    class Periodic(pylops.LinearOperator):
        def __init__(self):
            size = int(np.prod(shape))
            super().__init__(dtype=np.dtype(np.complex64), shape=(rows * size, size))

        def _matvec(self, x):
            return forward(x.reshape(shape)).ravel()

        def _rmatvec(self, y):
            return adjoint(y.reshape(shape if rows == 1 else (rows, *shape))).ravel()

    return Periodic()


def fista(instance):
    import pyproximal

    shape = instance.kspace.shape
    W = operator(shape, 1, analyse, synthesise)
    g = pyproximal.Orthogonal(pyproximal.L1(sigma=instance.weight), W)

    def solve(iterations):
        x = pyproximal.optimization.primal.ProximalGradient(
            data_term(instance),
            g,
            x0=instance.zero_filled.ravel(),
            tau=1.0,
            niter=iterations,
            acceleration="fista",
        )
        return x.reshape(shape)

    return solve


def total_variation(instance):
    import pyproximal

    shape = instance.kspace.shape
    D = operator(
        shape,
        2,
        lambda x: np.stack([np.roll(x, -1, axis) - x for axis in (0, 1)]),
        lambda p: np.roll(p[0], 1, 0) - p[0] + np.roll(p[1], 1, 1) - p[1],
    )

    def solve(iterations):
        x = pyproximal.optimization.primaldual.PrimalDual(
            data_term(instance, niter=2, solver="cg"),  # two steps solve I + τAᴴA exactly
            pyproximal.L21(ndim=2, sigma=instance.weight),
            D,
            x0=instance.zero_filled.ravel(),
            tau=TAU,
            mu=1 / (8 * TAU),
            niter=iterations,
        )
        return x.reshape(shape)

    return solve


ENTRANTS = (
    Entrant(
        "PyProximal FISTA",
        TOOLKIT,
        ("wavelet",),
        fista,
        NEEDS,
        "ProximalGradient, step 1, with a periodised operator of our own (pywt)",
    ),
    Entrant(
        "PyProximal PrimalDual",
        TOOLKIT,
        ("tv",),
        total_variation,
        NEEDS,
        f"L2 by 2 CG steps, L21, periodic differences of our own; τ = {TAU:g}, μ = 1/(8τ)",
    ),
)
