"""An optimum found independently: dense matrices and plain NumPy, nothing of the package.

Every linear map is written out as a matrix, and ADMM (Boyd et al. 2011, section 3.1) with its own
shrinkage is run until its residuals are at rounding. Slow, small and plain on purpose.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pywt


@dataclass(frozen=True)
class Optimum:
    """The minimiser of ½‖A x − y‖² + Σ λ‖groups of K x‖₂, its value, and what is left of KKT.

    `stationarity` is ‖Aᴴ(A x − y) + Kᴴp‖, `excess` how far p leaves the dual ball, relative to λ,
    and `slack` is λ‖K x‖ − Re⟨p, K x⟩: all three are zero at the exact optimum.
    """

    x: np.ndarray
    value: float
    stationarity: float
    excess: float
    slack: float


def fourier_matrix(n):
    """The centred unitary DFT: exp(−2πi (k − c)(j − c)/n)/√n with c = n//2."""
    index = np.arange(n) - n // 2
    return np.exp(-2j * np.pi * np.outer(index, index) / n) / np.sqrt(n)


def measurement_matrix(mask, shape, maps=None):
    """The rows of the 2-D DFT that are measured, of each coil in turn."""
    height, width = shape
    dft = np.kron(fourier_matrix(height), fourier_matrix(width))
    rows = dft[np.broadcast_to(mask, shape).ravel()]
    if maps is None:
        return rows
    return np.concatenate([rows * coil.ravel() for coil in maps])


def measured(y, mask):
    """The measured samples of full-grid k-space (..., H, W), coil by coil, as one vector."""
    return np.concatenate([k[np.broadcast_to(mask, k.shape)] for k in y.reshape(-1, *y.shape[-2:])])


def difference_matrix(shape, periodic=True):
    """Forward differences down, then across: 2HW rows; the last is wrapped, or zero."""

    def along(n):
        D = np.roll(np.eye(n), 1, axis=1) - np.eye(n)
        if not periodic:
            D[-1] = 0
        return D

    height, width = shape
    down = np.kron(along(height), np.eye(width))
    return np.concatenate([down, np.kron(np.eye(height), along(width))])


@lru_cache
def wavelet_matrix(shape, name, level):
    """PyWavelets' periodised transform, one unit image at a time."""
    columns = []
    for j in range(shape[0] * shape[1]):
        unit = np.zeros(shape)
        unit.flat[j] = 1
        coefficients = pywt.wavedec2(unit, name, mode="periodization", level=level)
        columns.append(pywt.coeffs_to_array(coefficients)[0].ravel())
    return np.array(columns).T


def moduli(z, groups):
    """√Σ|z|² over the members of a group; z is (groups · n), group members n apart."""
    return np.sqrt((np.abs(z.reshape(groups, -1)) ** 2).sum(axis=0))


def shrunk(z, threshold, groups):
    """Every group's modulus less the threshold, at least zero."""
    size = moduli(z, groups)
    factor = np.where(size > threshold, 1 - threshold / np.maximum(size, 1e-300), 0)
    return (z.reshape(groups, -1) * factor).ravel()


def objective(A, y, K, weight, x, groups=1):
    """½‖A x − y‖² + weight · Σ ‖groups of K x‖₂."""
    return 0.5 * np.linalg.norm(A @ x - y) ** 2 + weight * moduli(K @ x, groups).sum()


def optimum(A, y, K, weight, *, groups=1, rho=None, iterations=20_000, tolerance=1e-13):
    """Minimise by ADMM with over-relaxation, until both residuals are below the tolerance."""
    rho = 3 * weight if rho is None else rho
    inverse = np.linalg.inv(A.conj().T @ A + rho * K.conj().T @ K)
    rhs, adjoint = inverse @ (A.conj().T @ y), rho * inverse @ K.conj().T
    K_rhs, K_adjoint = K @ rhs, K @ adjoint  # x itself is wanted at the end alone
    z = u = np.zeros(K.shape[0], complex)
    scale = np.linalg.norm(y) + 1e-300
    for iteration in range(iterations):
        z_previous, u_previous = z, u
        Kx = K_rhs + K_adjoint @ (z - u)
        relaxed = 1.7 * Kx - 0.7 * z
        z = shrunk(relaxed + u, weight / rho, groups)
        u = u + relaxed - z
        if iteration % 10 == 0:
            primal, dual = np.linalg.norm(Kx - z), rho * np.linalg.norm(z - z_previous)
            if max(primal, dual) <= tolerance * scale:
                break
    x = rhs + adjoint @ (z_previous - u_previous)
    p = rho * u
    gradient = A.conj().T @ (A @ x - y)
    return Optimum(
        x,
        objective(A, y, K, weight, x, groups),
        float(np.linalg.norm(gradient + K.conj().T @ p)),
        float(moduli(p, groups).max() / weight - 1),
        float(weight * moduli(K @ x, groups).sum() - np.vdot(p, K @ x).real),
    )


def image_optimum(y, mask, K, weight, *, groups=1, maps=None, iterations=20_000):
    """`optimum` for full-grid k-space y of one image, (H, W) or (C, H, W); x is (H, W)."""
    shape = y.shape[-2:]
    A = measurement_matrix(mask, shape, maps)
    found = optimum(A, measured(y, mask), K, weight, groups=groups, iterations=iterations)
    return replace(found, x=found.x.reshape(shape))
