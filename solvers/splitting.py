"""What ADMM carries from one image to the next: the split variable and the scaled dual in one.

With z the split K x and u the scaled dual, w = z + u holds both, since z = prox_{g/ρ}(w). A step is
w ← w + α(K x − z), over-relaxed by α, and the next image is to bring K x near 2z − w.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol, final

import numpy as np

from csmri import kernels
from csmri.arrays import Array, aligned, array_namespace
from csmri.operators.base import Identity, LinearOperator
from csmri.operators.finite_differences import FiniteDifferences
from csmri.operators.stack import Parts
from csmri.operators.wavelet import Wavelet
from csmri.regularizers.base import Composed, Regularizer
from csmri.regularizers.group_l1 import GroupL1
from csmri.regularizers.l1 import L1
from csmri.regularizers.total_variation import has_difference_kernels
from solvers.iterate import Expansion, Iterate
from solvers.residuals import Residuals, residuals


class Splitting(Protocol):
    """The state of ADMM for a term g(K x)."""

    @property
    def rho(self) -> Any:
        """The penalty ρ: a number, or (..., 1, 1) of one for each image of a batch."""
        ...

    @property
    def target(self) -> Array:
        """Kᴴ(2z − w): what the next image is to come near to, under KᴴK.

        The next image may be made in its memory.
        """
        ...

    def relaxed(self, x: Array, alpha: float, *, keep: bool = False) -> "Splitting":
        """The state after the image x: w ← w + α(K x − z), z ← prox_{g/ρ}(w).

        The old state's arrays may be written over unless they are to be kept for `residuals`.
        """
        ...

    def residuals(self, before: Any, alpha: float, batch_axes: int) -> Residuals:
        """How far the step from `before`, which was kept, was from standing still."""
        ...

    def with_penalty(self, rho: Any) -> "Splitting":
        """The same z and dual ρ(w − z), told by another ρ."""
        ...

    def split(self) -> Any:
        """z = prox_{g/ρ}(w), or what it is made of where z is an image."""
        ...

    def dual(self) -> Any:
        """p = ρ(w − z), which lies in the dual ball of g exactly."""
        ...


def splitting(g: Regularizer, K: LinearOperator, start: Iterate, rho: Any) -> Splitting:
    """The state w = K x + p/ρ at a start: fused where a kernel serves it, plain otherwise."""
    x, p = start.x, start.p
    w = K(x) if p is None else K(x) + g.prox_conjugate(p, 1.0) * aligned(1 / rho, p)
    served = kernels.twins_serve(x)
    if (
        served
        and has_difference_kernels(g, K)
        and isinstance(K, FiniteDifferences)
        and isinstance(g, GroupL1 | L1)
    ):
        return FusedDifferences.at(g, K, w, rho)
    found = wavelet_l1(g, K)
    if served and found is not None:
        return FusedWavelet.at(w, *found, rho)
    return PlainSplitting(g, K, w, g.prox(w, aligned(1 / rho, w)), rho)


@final
@dataclass(frozen=True, eq=False)
class PlainSplitting:
    """The state (w, z) for any g and K, by plain composition."""

    g: Regularizer
    K: LinearOperator
    w: Any
    z: Any
    rho: Any

    @property
    def target(self) -> Array:
        return self.K.adjoint(combine(kernels.reflect, self.z, self.w))

    def relaxed(self, x: Array, alpha: float, *, keep: bool = False) -> "PlainSplitting":
        w = combine(lambda w, Kx, z: kernels.relax(w, Kx, z, alpha), self.w, self.K(x), self.z)
        return replace(self, w=w, z=self.g.prox(w, aligned(1 / self.rho, w)))

    def residuals(self, before: "PlainSplitting", alpha: float, batch_axes: int) -> Residuals:
        return residuals(before.z, before.w, self.z, self.w, alpha, batch_axes)

    def with_penalty(self, rho: Any) -> "PlainSplitting":
        dual = (self.w - self.z) * aligned(self.rho / rho, self.w)
        return replace(self, w=self.z + dual, rho=rho)

    def split(self) -> Any:
        return self.z

    def dual(self) -> Any:
        return (self.w - self.z) * aligned(self.rho, self.w)


@final
@dataclass(frozen=True, eq=False)
class FusedDifferences:
    """The state w alone for total variation: one pass over the rows makes w and the target."""

    g: GroupL1 | L1
    K: FiniteDifferences
    w: Array
    rho: Any
    target: Array

    @classmethod
    def at(cls, g: GroupL1 | L1, K: FiniteDifferences, w: Array, rho: Any) -> "FusedDifferences":
        """The state w, with its target made as where the penalty changes."""
        return cls(g, K, w, rho, w).with_penalty(rho)

    @property
    def threshold(self) -> Any:
        """λ/ρ."""
        return aligned(float(self.g.weight) / self.rho, self.w)

    @property
    def isotropic(self) -> bool:
        """Whether both directions are shrunk together."""
        return isinstance(self.g, GroupL1)

    def relaxed(self, x: Array, alpha: float, *, keep: bool = False) -> "FusedDifferences":
        w, target = kernels.difference_shrink_relax(
            self.w,
            x,
            self.threshold,
            alpha=alpha,
            isotropic=self.isotropic,
            periodic=self.K.periodic,
            out=(empty_like(self.w) if keep else self.w, self.target),
        )
        return FusedDifferences(self.g, self.K, w, self.rho, target)

    def residuals(self, before: "FusedDifferences", alpha: float, batch_axes: int) -> Residuals:
        return Residuals.of(
            kernels.difference_step_energies(
                before.w,
                self.w,
                self.threshold,
                alpha=alpha,
                isotropic=self.isotropic,
                batch_axes=batch_axes,
            )
        )

    def with_penalty(self, rho: Any) -> "FusedDifferences":
        w, target = kernels.difference_rescale(
            self.w,
            self.threshold,
            ratio=aligned(self.rho / rho, self.w),
            isotropic=self.isotropic,
            periodic=self.K.periodic,
        )
        return replace(self, w=w, rho=rho, target=target)

    def split(self) -> Array:
        return self.g.prox(self.w, aligned(1 / self.rho, self.w))

    def dual(self) -> Array:
        return (self.w - self.split()) * aligned(self.rho, self.w)


@final
@dataclass(frozen=True, eq=False)
class FusedWavelet:
    """The state of λ‖W x‖₁ with K = I, kept as the coefficients c = W w alone.

    W is unitary, so that what is relaxed and shrunk never has to be an image, but for the target.
    """

    W: Wavelet
    weight: float
    c: Array
    rho: Any
    made: Array | None = None
    energies: tuple[Any, ...] = ()

    @classmethod
    def at(cls, w: Array, W: Wavelet, weight: float, rho: Any) -> "FusedWavelet":
        """The state w: a whole step towards it from 0 makes it and its target in one call."""
        c, target = W.shrink_relax(0 * w, w, weight / rho, alpha=1.0)
        return cls(W, weight, c, rho, target)

    @property
    def threshold(self) -> Any:
        """λ/ρ."""
        return self.weight / self.rho

    @property
    def shrunk(self) -> Array:
        """W z."""
        return kernels.soft_threshold(self.c, self.threshold)

    @property
    def target(self) -> Array:
        if self.made is not None:
            return self.made
        return self.W.adjoint(kernels.reflect(self.shrunk, self.c))

    def relaxed(self, x: Array, alpha: float, *, keep: bool = False) -> "FusedWavelet":
        if keep:  # residuals will be asked for; and a new penalty may follow, with its own target
            c, energies = kernels.shrunk_step(
                self.c, self.W(x), self.threshold, alpha=alpha, batch_axes=x.ndim - 2
            )
            return FusedWavelet(self.W, self.weight, c, self.rho, None, energies)
        made = empty_like(x) if self.made is None else self.made
        c, target = self.W.shrink_relax(self.c, x, self.threshold, alpha=alpha, out=(self.c, made))
        return FusedWavelet(self.W, self.weight, c, self.rho, target)

    def residuals(self, before: "FusedWavelet", alpha: float, batch_axes: int) -> Residuals:
        return Residuals.of(self.energies)

    def with_penalty(self, rho: Any) -> "FusedWavelet":
        c, target = kernels.shrunk_rescale(self.c, self.threshold, ratio=self.rho / rho)
        return FusedWavelet(self.W, self.weight, c, rho, self.W.adjoint(target))

    def split(self) -> Expansion:
        return Expansion(self.W, self.shrunk)

    def dual(self) -> Array:
        return self.W.adjoint((self.c - self.shrunk) * aligned(self.rho, self.c))


def wavelet_l1(g: Regularizer, K: LinearOperator) -> tuple[Wavelet, float] | None:
    """(W, λ) where g(K x) is λ‖W x‖₁ with one λ, as the fused kernel knows it."""
    if not (isinstance(K, Identity) and isinstance(g, Composed) and isinstance(g.outer, L1)):
        return None
    W, weight = g.transform, g.outer.weight
    return (
        (W, float(weight)) if isinstance(W, Wavelet) and isinstance(weight, int | float) else None
    )


def empty_like(x: Array) -> Array:
    """New memory for an array like x."""
    return np.empty_like(x) if type(x) is np.ndarray else array_namespace(x).empty_like(x)


def combine(function: Any, *values: Any) -> Any:
    """`function` of arrays, or of each part of stacked ones."""
    if isinstance(values[0], Parts):
        return values[0].map(function, *values[1:])
    return function(*values)
