"""The leading eigenvector of many small Hermitian matrices: its definition, and which twin serves.

Sensitivity maps are such eigenvectors, one matrix a pixel.
"""

from csmri.arrays import Array, array_namespace
from csmri.kernels.compilation import numba_serves


def leading_eigenvectors(matrices: Array) -> tuple[Array, Array]:
    """The largest eigenvalue of each matrix, and a unit eigenvector of any phase.

    Parameters
    ----------
    matrices : (N, C, C) complex
        Hermitian and positive semidefinite; neighbours alike are solved faster.

    Returns
    -------
    values : (N,) real
    vectors : (N, C) complex
        The definition is `xp.linalg.eigh`; the twin iterates until the residual ‖G v − λ v‖ is
        below 1e-4 λ (single precision) or 1e-9 λ (double precision), or 200 times.
    """
    if numba_serves(matrices) and matrices.ndim == 3 and matrices.shape[-1] == matrices.shape[-2]:
        from csmri.kernels import numba_eigenvectors

        return numba_eigenvectors.leading_eigenvectors(matrices)
    return definition(matrices)


def definition(matrices: Array) -> tuple[Array, Array]:
    """The same by a full decomposition."""
    values, vectors = array_namespace(matrices).linalg.eigh(matrices)
    return values[..., -1], vectors[..., -1]
