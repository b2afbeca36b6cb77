"""SCICO: ADMM with conjugate gradients, as its own examples of total variation do.

It has no wavelet transform. What JAX compiles is compiled off the clock.
"""

import numpy as np
from benchmarks.entrant import TOOLKIT, Entrant

RHO, CONJUGATE_GRADIENT_STEPS = 0.3, 6


def total_variation(instance):
    import scico.numpy as snp
    from scico import functional, linop, loss
    from scico.optimize.admm import ADMM, LinearSubproblemSolver

    shape = instance.kspace.shape
    mask = np.fft.ifftshift(instance.mask)
    mask = snp.array(np.broadcast_to(mask, shape).astype(np.complex64))
    start = snp.array(instance.zero_filled)
    A = linop.Diagonal(mask) @ linop.DFT(shape, norm="ortho")
    f = loss.SquaredL2Loss(y=A(start), A=A)
    g = instance.weight * functional.L21Norm()
    C = linop.FiniteDifference(shape, input_dtype=np.complex64, circular=True)

    def solve(iterations):
        solver = ADMM(
            f=f,
            g_list=[g],
            C_list=[C],
            rho_list=[RHO],
            x0=start,
            maxiter=iterations,
            subproblem_solver=LinearSubproblemSolver(
                cg_kwargs={"tol": 1e-5, "maxiter": CONJUGATE_GRADIENT_STEPS}
            ),
        )
        for _ in range(iterations):  # solve() would also evaluate statistics
            solver.step()
        return np.asarray(solver.x)

    solve(2)
    return solve


ENTRANTS = (
    Entrant(
        "SCICO ADMM",
        TOOLKIT,
        ("tv",),
        total_variation,
        ("scico", "jax", "flax"),
        f"LinearSubproblemSolver of {CONJUGATE_GRADIENT_STEPS} CG steps, ρ = {RHO:g}",
    ),
)
