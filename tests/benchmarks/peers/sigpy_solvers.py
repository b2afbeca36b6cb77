"""SigPy: its apps, with its own linear operators wherever they state our problem.

SigPy's Wavelet pads with zeros, so that it is not orthonormal, and its FiniteDifference looks
backward with anisotropic thresholds: the stock apps are entered too, and solve another problem.
"""

import numpy as np
from benchmarks.entrant import TOOLKIT, Entrant
from benchmarks.instances import LEVELS, WAVELET
from benchmarks.peers.periodized import analyse, synthesise

TAU, SIGMA_DATA, SIGMA_TV = 2.0, 0.1, 0.05  # τ(σ_data + 8 σ_TV) ≤ 1: the best found for all cases
RHO, CONJUGATE_GRADIENT_STEPS = 0.3, 6


def measurement(instance):
    import sigpy as sp

    F = sp.linop.FFT(instance.kspace.shape)
    return sp.linop.Multiply(F.oshape, instance.mask.astype(np.float32)) * F


def periodized_wavelet(shape):
    import sigpy as sp

    class Periodized(sp.linop.Linop):
        def __init__(self, forward=True):
            self.forward = forward
            super().__init__(shape, shape)

        def _apply(self, values):
            return analyse(values) if self.forward else synthesise(values)

        def _adjoint_linop(self):
            return Periodized(not self.forward)

    return Periodized()


def fista(instance):
    import sigpy as sp

    A, W = measurement(instance), periodized_wavelet(instance.kspace.shape)
    prox = sp.prox.UnitaryTransform(sp.prox.L1Reg(W.oshape, instance.weight), W)

    def solve(iterations):
        app = sp.app.LinearLeastSquares(
            A,
            instance.kspace,
            x=instance.zero_filled.copy(),
            proxg=prox,
            alpha=1,
            max_iter=iterations,
            show_pbar=False,
        )
        return app.run()

    return solve


def stock_wavelet(instance):
    import sigpy as sp
    import sigpy.mri

    maps = np.ones((1, *instance.kspace.shape), np.complex64)

    def solve(iterations):
        app = sp.mri.app.L1WaveletRecon(
            instance.kspace[None],
            maps,
            instance.weight,
            weights=instance.mask.astype(np.float32)[None, None],
            wave_name=WAVELET,
            x=instance.zero_filled.copy(),
            alpha=1,
            max_iter=iterations,
            show_pbar=False,
        )
        return app.run()

    return solve


def total_variation(solver, **options):
    def prepare(instance):
        import sigpy as sp

        A, shape = measurement(instance), instance.kspace.shape
        Id, row = sp.linop.Identity(shape), sp.linop.Reshape([1, *shape], shape)
        ahead = [row * (sp.linop.Circshift(shape, [-1], axes=[axis]) - Id) for axis in (0, 1)]
        G = sp.linop.Vstack(ahead, axis=0)
        prox = sp.prox.Conj(sp.prox.L2Proj(G.oshape, instance.weight, axes=[0]))
        chosen = dict(options)
        if solver == "PrimalDualHybridGradient":
            sizes = (A.oshape[0] * A.oshape[1], G.oshape[0] * G.oshape[1] * G.oshape[2])
            chosen["sigma"] = np.repeat(np.array((SIGMA_DATA, SIGMA_TV), np.float32), sizes)

        def solve(iterations):
            app = sp.app.LinearLeastSquares(
                A,
                instance.kspace,
                x=instance.zero_filled.copy(),
                proxg=prox,
                G=G,
                solver=solver,
                max_iter=iterations,
                show_pbar=False,
                **chosen,
            )
            return app.run()

        return solve

    return prepare


def stock_total_variation(instance):
    import sigpy as sp
    import sigpy.mri

    maps = np.ones((1, *instance.kspace.shape), np.complex64)

    def solve(iterations):
        app = sp.mri.app.TotalVariationRecon(
            instance.kspace[None],
            maps,
            instance.weight,
            weights=instance.mask.astype(np.float32)[None, None],
            x=instance.zero_filled.copy(),
            max_iter=iterations,
            show_pbar=False,
        )
        return app.run()

    return solve


ENTRANTS = (
    Entrant(
        "SigPy FISTA",
        TOOLKIT,
        ("wavelet",),
        fista,
        ("sigpy",),
        f"LinearLeastSquares, step 1, with a periodised Linop ({LEVELS} levels) of our own",
    ),
    Entrant(
        "SigPy L1WaveletRecon",
        TOOLKIT,
        ("wavelet",),
        stock_wavelet,
        ("sigpy",),
        "as shipped: zero-padded wavelet, all levels; another problem",
        another_problem=True,
    ),
    Entrant(
        "SigPy PDHG",
        TOOLKIT,
        ("tv",),
        total_variation("PrimalDualHybridGradient", tau=TAU),
        ("sigpy",),
        f"LinearLeastSquares, isotropic forward differences made of its parts; τ = {TAU:g}",
    ),
    Entrant(
        "SigPy ADMM",
        TOOLKIT,
        ("tv",),
        total_variation("ADMM", rho=RHO, max_cg_iter=CONJUGATE_GRADIENT_STEPS),
        ("sigpy",),
        f"the same, solver='ADMM', ρ = {RHO:g}, {CONJUGATE_GRADIENT_STEPS} CG steps",
    ),
    Entrant(
        "SigPy TotalVariationRecon",
        TOOLKIT,
        ("tv",),
        stock_total_variation,
        ("sigpy",),
        "as shipped: anisotropic; another problem",
        another_problem=True,
    ),
)
