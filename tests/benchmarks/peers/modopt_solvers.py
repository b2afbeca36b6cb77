"""ModOpt: its algorithms on plain functions; for wavelets the coefficients are the unknown."""

import numpy as np
import scipy.fft
from benchmarks.entrant import TOOLKIT, Entrant
from benchmarks.peers.periodized import analyse, synthesise

TAU, SIGMA = 1.0, 0.06  # 1/τ − 8σ ≥ ½: the best found for all cases
QUIET = {"cost": None, "verbose": False, "progress": False, "auto_iterate": False}


def measured(instance):
    """A and Aᴴ without shifts, and the data to them."""
    mask = np.fft.ifftshift(instance.mask)

    def A(x):
        return scipy.fft.fft2(x, norm="ortho", workers=1) * mask

    def adjoint(y):
        return scipy.fft.ifft2(y * mask, norm="ortho", workers=1)

    return A, adjoint, A(instance.zero_filled)


def wavelet(algorithm):
    def prepare(instance):
        from modopt.opt import algorithms
        from modopt.opt.gradient import GradBasic
        from modopt.opt.linear import Identity
        from modopt.opt.proximity import SparseThreshold

        A, adjoint, data = measured(instance)
        start = analyse(instance.zero_filled)

        def forward(c):  # its thresholds and momentum turn single precision into double
            return A(synthesise(c.astype(np.complex64, copy=False)))

        def backward(y):
            return analyse(adjoint(y))

        def solve(iterations):
            gradient = GradBasic(data, forward, backward, verbose=False)
            prox = SparseThreshold(Identity(), np.float32(instance.weight))
            if algorithm == "POGM":
                solver = algorithms.POGM(start, start, start, start, gradient, prox, **QUIET)
            else:
                solver = algorithms.ForwardBackward(start, gradient, prox, **QUIET)
            solver.iterate(max_iter=iterations)
            return synthesise(solver.x_final)

        return solve

    return prepare


def total_variation(instance):
    from modopt.opt.algorithms import Condat
    from modopt.opt.gradient import GradBasic
    from modopt.opt.linear import LinearParent
    from modopt.opt.proximity import GroupLASSO, IdentityProx

    A, adjoint, data = measured(instance)

    def differences(x):
        return np.stack([np.roll(x, -1, axis) - x for axis in (0, 1)])

    def differences_adjoint(p):
        return np.roll(p[0], 1, 0) - p[0] + np.roll(p[1], 1, 1) - p[1]

    def solve(iterations):
        solver = Condat(
            instance.zero_filled,
            np.zeros((2, *instance.kspace.shape), np.complex64),
            GradBasic(data, A, adjoint, verbose=False),
            IdentityProx(),
            GroupLASSO(np.float32(instance.weight)),
            linear=LinearParent(differences, differences_adjoint),
            rho=1.0,
            sigma=SIGMA,
            tau=TAU,
            **QUIET,
        )
        solver.iterate(max_iter=iterations)
        return solver.x_final

    return solve


ENTRANTS = (
    Entrant(
        "ModOpt FISTA", TOOLKIT, ("wavelet",), wavelet("FISTA"), ("modopt",), "scipy.fft, pywt"
    ),
    Entrant("ModOpt POGM", TOOLKIT, ("wavelet",), wavelet("POGM"), ("modopt",), "scipy.fft, pywt"),
    Entrant(
        "ModOpt Condat",
        TOOLKIT,
        ("tv",),
        total_variation,
        ("modopt",),
        f"GroupLASSO, τ = {TAU:g}, σ = {SIGMA:g}, no relaxation",
    ),
)
