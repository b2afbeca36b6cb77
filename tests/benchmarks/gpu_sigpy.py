"""SigPy on the same GPU, called its own way: k-space on the device, its apps with `device=0`.

Its stock apps solve another problem (zero-padded wavelets, anisotropic differences), so that what
compares is the time of an iteration and, since they never come to our optimum, the time to 1e-3 of
where they themselves end. FISTA and primal-dual on our very problem are put together of its parts.
"""

from statistics import median
from time import perf_counter

import numpy as np
from benchmarks.peers.sigpy_solvers import SIGMA_DATA, SIGMA_TV, TAU

from solvers import RelativeGap, admm
from solvers.problem import problem

LONGEST = 1600
DEVICE = 0  # as SigPy counts them; −1 is the processor


def compared(bench, weight, tolerance):
    """Milliseconds of an iteration for one slice, and seconds to `tolerance`, beside ours."""
    from benchmarks.gpu import PENALTIES

    found = {}
    y = bench.y[0] + 0
    for penalty, make in (("wavelet", stock_wavelet), ("tv", stock_tv), ("tv", primal_dual)):
        R = weight * PENALTIES[penalty]
        solve = make(bench, y, weight)
        solve(2)
        few, many = (timed(bench, solve, n) for n in (10, 60))
        double = bench.xp.astype(y, bench.xp.complex128)
        best = admm(bench.A, double, R, iterations=3000, stop=RelativeGap(1e-6))
        target, optimum = problem(bench.A, y, R), best.objective
        ours = bench.iterations_to(admm, R, y, optimum)
        seconds = timed(bench, lambda n, R=R: admm(bench.A, y, R, iterations=n), ours or 1)
        row = {"ms an iteration": 1e3 * (many - few) / 50, "seconds, ours": seconds}
        if make is primal_dual:
            close, far = bench.xp.asarray(optimum * (1 + tolerance)), 25
            while far <= LONGEST and float(target.objective(solve(far))) > float(close):
                far *= 2
            row["iterations"] = far if far <= LONGEST else f"more than {LONGEST}"
        else:
            far = iterations_to_own_end(bench, solve, tolerance)
            row["iterations to its own end"] = far
        taken = timed(bench, solve, min(far, LONGEST))
        row |= {"seconds": taken, "ratio (wanted: 50)": taken / seconds}
        found[make.__name__] = row
    return found


def iterations_to_own_end(bench, solve, tolerance):
    """The first of 25, 50, 100, … whose image is that near, relatively, to the last one."""
    end, n = solve(LONGEST), 25
    while n < LONGEST:
        if float(bench.xp.linalg.norm(solve(n) - end)) <= tolerance * float(
            bench.xp.linalg.norm(end)
        ):
            return n
        n *= 2
    return LONGEST


def timed(bench, solve, iterations):
    """Seconds of the wall clock, the median of three, to the end of the device's work."""
    times = []
    for _ in range(3):
        since = perf_counter()
        bench.clock.time(lambda: solve(iterations))
        times.append(perf_counter() - since)
    return median(times)


def stock_wavelet(bench, y, weight):
    """mri.app.L1WaveletRecon as it is shipped."""
    import sigpy.mri

    maps, sampled = ones_and_mask(bench, y)
    return lambda n: sigpy.mri.app.L1WaveletRecon(
        y[None], maps, weight, weights=sampled, wave_name="db4", device=DEVICE, max_iter=n,
        show_pbar=False,
    ).run()  # fmt: skip


def stock_tv(bench, y, weight):
    """mri.app.TotalVariationRecon as it is shipped."""
    import sigpy.mri

    maps, sampled = ones_and_mask(bench, y)
    return lambda n: sigpy.mri.app.TotalVariationRecon(
        y[None], maps, weight, weights=sampled, device=DEVICE, max_iter=n, show_pbar=False
    ).run()


def ones_and_mask(bench, y):
    """Maps of one coil, and the weights of its samples."""
    maps = bench.xp.ones((1, *y.shape), dtype=y.dtype)
    mask = np.broadcast_to(bench.mask, y.shape).astype(np.float32)
    return maps, bench.xp.asarray(mask)[None]


def primal_dual(bench, y, weight):
    """LinearLeastSquares on our problem: isotropic forward differences made of its parts."""
    import sigpy as sp

    shape = y.shape
    F = sp.linop.FFT(shape)
    mask = bench.xp.asarray(np.broadcast_to(bench.mask, shape).astype(np.float32))
    A, Id = sp.linop.Multiply(F.oshape, mask) * F, sp.linop.Identity(shape)
    row = sp.linop.Reshape([1, *shape], shape)
    ahead = [row * (sp.linop.Circshift(shape, [-1], axes=[axis]) - Id) for axis in (0, 1)]
    G = sp.linop.Vstack(ahead, axis=0)
    prox = sp.prox.Conj(sp.prox.L2Proj(G.oshape, weight, axes=[0]))
    sizes = (int(np.prod(shape)), 2 * int(np.prod(shape)))
    sigma = bench.xp.asarray(np.repeat(np.array((SIGMA_DATA, SIGMA_TV), np.float32), sizes))
    start = bench.A.adjoint(y)
    return lambda n: sp.app.LinearLeastSquares(
        A, y, x=start.copy(), proxg=prox, G=G, solver="PrimalDualHybridGradient", tau=TAU,
        sigma=sigma, max_iter=n, show_pbar=False,
    ).run()  # fmt: skip
