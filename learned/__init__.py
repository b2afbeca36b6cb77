"""learned: reconstruction by trained networks, on the physics that the solvers minimise.

- `load` gives a trained network as a reconstruction: ``load("unrolled")(y, mask)``, NumPy in and
  out; also ``load("unet")``, or the path of an own network.
- `train` makes one by a `Recipe`: ``train(RECIPES["unrolled"], "unrolled.safetensors")``.
- `Unrolled`, `Direct` and `UNet` are the networks, `fit` is the training loop.
"""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        "learned needs torch and safetensors; install them with: pip install 'csmri[learned]'"
    ) from error

from learned.architectures import (
    FAMILIES,
    PrimalDualArchitecture,
    UNetArchitecture,
    UnrolledArchitecture,
    WaveletThresholdsArchitecture,
)
from learned.augmentation import Augmentation
from learned.checkpoint import Record, load_network, refuse_shared_persons, save_network
from learned.classical_start import ClassicalStart
from learned.data import ColumnMasks, Simulation
from learned.direct import Direct, HardConsistency, SoftConsistency
from learned.environment import bfloat16_pays
from learned.fastmri import FastMRISlices, centre_crop, read_slice
from learned.fastmri_draws import FastMRIDraws, FastMRIMasks, acquisition
from learned.flips import OverFlips
from learned.logs import CsvLog, TensorBoardLog, together
from learned.plug_and_play import PlugAndPlay
from learned.primal_dual import UnrolledPrimalDual
from learned.recipes import Recipe, train
from learned.reconstruct import SHIPPED, LearnedReconstruction, load, weights_of
from learned.schedule import MinutesSchedule, Schedule
from learned.shipped import RECIPES
from learned.train_on import OPTIMIZERS, train_on
from learned.training import Progress, fit
from learned.unet import UNet
from learned.unrolled import Unrolled
from learned.validation import ValidationPSNR
from learned.wavelet_thresholds import WaveletThresholds
from learned.workers import Workers, joined_workers

__all__ = [
    "FAMILIES",
    "OPTIMIZERS",
    "RECIPES",
    "SHIPPED",
    "Augmentation",
    "ClassicalStart",
    "CsvLog",
    "ColumnMasks",
    "Direct",
    "FastMRIDraws",
    "FastMRIMasks",
    "FastMRISlices",
    "HardConsistency",
    "LearnedReconstruction",
    "MinutesSchedule",
    "OverFlips",
    "PlugAndPlay",
    "PrimalDualArchitecture",
    "Progress",
    "Recipe",
    "Record",
    "Schedule",
    "Simulation",
    "SoftConsistency",
    "TensorBoardLog",
    "UNet",
    "UNetArchitecture",
    "Unrolled",
    "UnrolledArchitecture",
    "UnrolledPrimalDual",
    "ValidationPSNR",
    "WaveletThresholds",
    "WaveletThresholdsArchitecture",
    "Workers",
    "acquisition",
    "bfloat16_pays",
    "centre_crop",
    "fit",
    "joined_workers",
    "load",
    "load_network",
    "read_slice",
    "refuse_shared_persons",
    "save_network",
    "together",
    "train",
    "train_on",
    "weights_of",
]
