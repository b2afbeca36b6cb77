"""Total variation: a value made of the group ℓ1 norm and finite differences."""

from csmri.operators.base import LinearOperator
from csmri.operators.finite_differences import FiniteDifferences
from csmri.regularizers.base import Composed, Regularizer
from csmri.regularizers.group_l1 import GroupL1
from csmri.regularizers.l1 import L1


def TotalVariation(*, isotropic: bool = True, periodic: bool = True) -> Composed:
    """‖∇x‖: the total variation of a complex image.

    Parameters
    ----------
    isotropic : bool
        Σ √(|∂₁x|² + |∂₂x|²), coupled over both directions and over real and imaginary part, hence
        blind to the phase's origin; otherwise Σ |∂₁x| + |∂₂x|.
    periodic : bool
        Whether differences wrap around (default), or are zero at the last row and column.

    Returns
    -------
    Composed
        ``GroupL1() @ FiniteDifferences()``, or with `L1` the anisotropic one.

    References
    ----------
    L. I. Rudin, S. Osher and E. Fatemi (1992), Physica D 60, 259–268.
    """
    return Composed(GroupL1() if isotropic else L1(), FiniteDifferences(periodic=periodic))


def has_difference_kernels(g: Regularizer, K: LinearOperator) -> bool:
    """Whether g ∘ K is total variation as the fused kernels know it: one weight, differences."""
    return (
        isinstance(K, FiniteDifferences)
        and isinstance(g, L1 | GroupL1)
        and isinstance(g.weight, int | float)
        and (isinstance(g, L1) or g.axis == -3)
    )
