"""Step sizes: what is asked for is checked, what is not is chosen."""

import math
from numbers import Real

from csmri.fidelity import LeastSquares


def gradient_step_size(f: LeastSquares, step: float | None) -> float:
    """The step asked for, below 2/‖A‖² where the iteration converges; 1/‖A‖² by default."""
    largest = f.largest_step()
    if step is None:
        return largest
    if not require_positive("step", step) < 2 * largest:
        raise ValueError(
            f"got step={step}, expected 0 < step < {2 * largest:.6g} = 2/‖A‖², beyond which the "
            "iteration diverges; leave step out for 1/‖A‖²"
        )
    return float(step)


def accelerated_step_size(f: LeastSquares, step: float | None) -> float:
    """The step asked for, at most 1/‖A‖², which is the default: momentum allows no more."""
    largest = f.largest_step()
    if step is None:
        return largest
    if not require_positive("step", step) <= largest * (1 + 1e-12):
        raise ValueError(
            f"got step={step}, expected 0 < step ≤ {largest:.6g} = 1/‖A‖², beyond which momentum "
            "may diverge; leave step out for 1/‖A‖², or use ista, which takes up to 2/‖A‖²"
        )
    return float(step)


def require_positive(name: str, value: float) -> float:
    """The value as a float; refused where it is not positive and finite."""
    if not (isinstance(value, Real) and 0 < value < math.inf):
        raise ValueError(f"got {name}={value!r}, expected a positive finite number")
    return float(value)
