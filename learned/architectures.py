"""The networks as values: what a checkpoint must say to build its network again."""

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import nn

from csmri.arguments import real, whole
from learned.blocks import NORMS, Convolutions, Norm
from learned.classical_start import ClassicalStart
from learned.direct import Direct, HardConsistency, SoftConsistency
from learned.primal_dual import StackedConvolutions, UnrolledPrimalDual
from learned.unet import UNet
from learned.unrolled import Unrolled
from learned.wavelet_thresholds import MeanResidual, WaveletThresholds, nesterov

CONSISTENCIES = {"none": lambda: None, "soft": SoftConsistency, "hard": HardConsistency}
"""Data consistency after a direct network, by the names that checkpoints keep."""

LEAST = {
    "iterations": 1,
    "channels": 1,
    "layers": 2,
    "levels": 1,
    "finish": 0,
    "start_iterations": 0,
}
"""The least value of settings that are whole numbers."""


@dataclass(frozen=True)
class UnrolledArchitecture:
    """`Unrolled` with a plain CNN, or a small U-Net, in each step.

    Parameters
    ----------
    iterations : int
        K, the unrolled steps.
    channels, layers : int
        Width and depth of each CNN.
    norm : str
        A key of `learned.blocks.NORMS`.
    shared : bool
        Whether all steps share one denoiser.
    widths : tuple of int
        Channels of each level of a U-Net, which then takes the place of the CNN. It sees far
        along the rows, where column masks alias; as in Sriram et al. (2020), MICCAI.
    start_iterations : int
        Of total variation with the ℓ1 norm of the image, from which it begins: see
        `ClassicalStart`. With none it begins from the zero-filled image.
    start_weight, start_ratio : float
        `weight` and `ratio` of that start.
    """

    iterations: int = 6
    channels: int = 32
    layers: int = 5
    norm: str = "group"
    shared: bool = False
    widths: tuple[int, ...] = ()
    start_iterations: int = 0
    start_weight: float = 3e-5
    start_ratio: float = 16.0

    def __post_init__(self):
        require_sizes(self)

    def build(self) -> Unrolled:
        """Return the untrained network; its weights come from torch's generator."""
        norm = known_norm(self.norm)

        def denoiser() -> nn.Module:
            if self.widths:
                return UNet(self.widths, norm)
            return Convolutions(self.channels, self.layers, norm)

        begin = classical_start(self)
        if self.shared:
            return Unrolled([denoiser()] * self.iterations, begin=begin)
        return Unrolled([denoiser() for _ in range(self.iterations)], begin=begin)


@dataclass(frozen=True)
class UNetArchitecture:
    """`Direct` with a `UNet`.

    Parameters
    ----------
    widths : tuple of int
        Channels of each level, the finest first.
    norm : str
        A key of `learned.blocks.NORMS`.
    consistency : str
        "none", "soft" or "hard" data consistency after the network.
    finish : int
        Layers of a plain CNN, as wide as the finest level, after the data consistency: see
        `Direct`. None with 0.
    start_iterations, start_weight, start_ratio
        As for `UnrolledArchitecture`: what it corrects is a classical image then.
    """

    widths: tuple[int, ...] = (32, 64, 128, 192, 256)
    norm: str = "group"
    consistency: str = "none"
    finish: int = 0
    start_iterations: int = 0
    start_weight: float = 3e-5
    start_ratio: float = 16.0

    def __post_init__(self):
        require_sizes(self)
        if not self.widths:
            raise ValueError("got no widths, expected channels of each level; pass (32, 64)")

    def build(self) -> Direct:
        """Return the untrained network; its weights come from torch's generator."""
        if self.consistency not in CONSISTENCIES:
            raise ValueError(
                f"got consistency {self.consistency!r}, expected one of {sorted(CONSISTENCIES)}"
            )
        norm = known_norm(self.norm)
        finish = Convolutions(self.widths[0], self.finish, norm) if self.finish else None
        consistency = CONSISTENCIES[self.consistency]()
        return Direct(UNet(self.widths, norm), consistency, finish, begin=classical_start(self))


@dataclass(frozen=True)
class WaveletThresholdsArchitecture:
    """`Unrolled` with `WaveletThresholds` in each step: classical but for its learned numbers.

    Untrained it is FISTA with one λ. It learns 3·levels + 1 thresholds for each step and wavelet,
    and a step size and a momentum for each step (the last momentum is never used).

    Parameters
    ----------
    iterations : int
        K, the unrolled steps.
    wavelets : tuple of str
        Names of orthogonal wavelets; of several, each step takes the mean.
    levels : int
        How often the coarse band is split.
    threshold : float
        λ before training, relative to the largest magnitude of the zero-filled image.
    shared : bool
        Whether all steps share their thresholds.
    """

    iterations: int = 12
    wavelets: tuple[str, ...] = ("haar",)
    levels: int = 4
    threshold: float = 0.015
    shared: bool = False

    def __post_init__(self):
        require_sizes(self)
        real("threshold", self.threshold, 0)

    def build(self) -> Unrolled:
        """Return the untrained network, in which nothing is random."""
        if not self.wavelets:
            raise ValueError("got no wavelets, expected at least one name: ('haar',), for instance")

        def denoiser() -> nn.Module:
            each = [WaveletThresholds(name, self.levels, self.threshold) for name in self.wavelets]
            return each[0] if len(each) == 1 else MeanResidual(each)

        if self.shared:
            network = Unrolled([denoiser()] * self.iterations)
        else:
            network = Unrolled([denoiser() for _ in range(self.iterations)])
        with torch.no_grad():
            network.momenta.copy_(torch.tensor(nesterov(self.iterations)))
        return network


@dataclass(frozen=True)
class PrimalDualArchitecture:
    """`UnrolledPrimalDual` with plain CNNs: untrained it is total variation's primal-dual solver.

    Parameters
    ----------
    iterations : int
        K, the unrolled steps.
    channels, layers : int
        Width and depth of each CNN, two a step.
    norm : str
        A key of `learned.blocks.NORMS`.
    weight : float
        λ before training, relative to the largest magnitude of the zero-filled image.
    """

    iterations: int = 6
    channels: int = 32
    layers: int = 3
    norm: str = "group"
    weight: float = 0.003

    def __post_init__(self):
        require_sizes(self)
        real("weight", self.weight, 0)

    def build(self) -> UnrolledPrimalDual:
        """Return the untrained network; its weights come from torch's generator."""
        size, steps = (self.channels, self.layers, known_norm(self.norm)), range(self.iterations)
        primal = [StackedConvolutions(4, 2, *size) for _ in steps]
        dual = [StackedConvolutions(8, 4, *size) for _ in steps]
        return UnrolledPrimalDual(primal, dual, self.weight)


Architecture = (
    UnrolledArchitecture | UNetArchitecture | WaveletThresholdsArchitecture | PrimalDualArchitecture
)

FAMILIES: dict[str, type[Architecture]] = {
    "unrolled": UnrolledArchitecture,
    "unet": UNetArchitecture,
    "wavelet_thresholds": WaveletThresholdsArchitecture,
    "primal_dual": PrimalDualArchitecture,
}
"""The kinds of networks by the names that checkpoints keep."""


def to_record(architecture: Architecture) -> dict[str, Any]:
    """Return the architecture as plain values for JSON."""
    family = next(name for name, kind in FAMILIES.items() if type(architecture) is kind)
    return {"family": family, **asdict(architecture)}


def from_record(record: dict[str, Any]) -> Architecture:
    """Return the architecture that `to_record` described.

    Raises
    ------
    ValueError
        Where the family or one of its settings is unknown here.
    """
    settings = dict(record)
    kind = FAMILIES.get(settings.pop("family", ""))
    if kind is None:
        raise ValueError(
            f"got a network of family {record.get('family')!r}, expected one of "
            f"{sorted(FAMILIES)}; a newer version of csmri may know it"
        )
    unknown = sorted(set(settings) - {setting.name for setting in fields(kind)})
    if unknown:
        raise ValueError(
            f"got unknown settings {unknown} for {kind.__name__}; "
            "a newer version of csmri may know them"
        )
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()
    }
    return kind(**values)


def classical_start(
    architecture: UnrolledArchitecture | UNetArchitecture,
) -> ClassicalStart | None:
    """Return what the network begins with; None for the zero-filled image."""
    if not architecture.start_iterations:
        return None
    return ClassicalStart(
        architecture.start_iterations, architecture.start_weight, architecture.start_ratio
    )


def require_sizes(architecture: "Architecture") -> None:
    """Refuse numbers of steps, layers and channels that are none."""
    for name, least in LEAST.items():
        if hasattr(architecture, name):
            whole(name, getattr(architecture, name), least)
    for width in getattr(architecture, "widths", ()):
        whole("widths", width, 1)


def known_norm(name: str) -> Norm:
    """Return the normalisation of that name."""
    if name not in NORMS:
        raise ValueError(f"got norm {name!r}, expected one of {sorted(NORMS)}")
    return NORMS[name]
