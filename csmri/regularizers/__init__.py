"""Regularizers: what an image is believed to be like."""

from csmri.regularizers.base import Composed, Regularizer, Weighted
from csmri.regularizers.group_l1 import GroupL1
from csmri.regularizers.image_weights import ImageWeights
from csmri.regularizers.l1 import L1
from csmri.regularizers.laws import check
from csmri.regularizers.low_rank import NuclearNorm
from csmri.regularizers.ridge import Ridge
from csmri.regularizers.sum import Separable, Sum
from csmri.regularizers.total_variation import TotalVariation

__all__ = [
    "L1",
    "Composed",
    "GroupL1",
    "ImageWeights",
    "NuclearNorm",
    "Regularizer",
    "Ridge",
    "Separable",
    "Sum",
    "TotalVariation",
    "Weighted",
    "check",
]
