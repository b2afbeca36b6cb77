"""The bricks of the networks: normalisations, convolution blocks, complex images as channels."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

GROUP_SIZE = 32

Norm = Callable[[int], nn.Module]


def group_norm(channels: int, group_size: int = GROUP_SIZE) -> nn.GroupNorm:
    """Group normalisation with `group_size` channels in each group.

    The argument is the size of a group, not the number of groups that
    `torch.nn.GroupNorm` takes. Fewer channels than one group form one group.

    Parameters
    ----------
    channels : int
        Channels of the features to normalise.
    group_size : int
        Channels that share their mean and variance.

    Raises
    ------
    ValueError
        Where the groups do not divide the channels.

    References
    ----------
    Y. Wu and K. He (2018), Group normalization, ECCV, eq. 7.
    """
    if channels <= group_size:
        return nn.GroupNorm(1, channels)
    if channels % group_size:
        raise ValueError(
            f"got {channels} channels in groups of {group_size}, expected a multiple of "
            f"{group_size}; choose other widths or pass partial(group_norm, group_size=...)"
        )
    return nn.GroupNorm(channels // group_size, channels)


def instance_norm(channels: int) -> nn.InstanceNorm2d:
    """Mean and variance of each channel of each image (Ulyanov et al., 2016)."""
    return nn.InstanceNorm2d(channels, affine=True)


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Mean and variance of each channel over the batch (Ioffe and Szegedy, 2015)."""
    return nn.BatchNorm2d(channels)


def layer_norm(channels: int) -> nn.GroupNorm:
    """Mean and variance of all channels of an image together (Ba et al., 2016)."""
    return nn.GroupNorm(1, channels)


def no_norm(channels: int) -> nn.Identity:
    """Leave the features as they are."""
    return nn.Identity()


NORMS: dict[str, Norm] = {
    "group": group_norm,
    "instance": instance_norm,
    "batch": batch_norm,
    "layer": layer_norm,
    "none": no_norm,
}
"""The normalisations by the names that checkpoints keep."""


class ConvBlock(nn.Sequential):
    """Convolution 3×3 → normalisation → rectifier.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels before and after.
    norm : callable
        Makes the normalisation for a number of channels.
    """

    def __init__(self, channels_in: int, channels_out: int, norm: Norm = group_norm):
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1),
            norm(channels_out),
            nn.ReLU(inplace=True),
        )


class Convolutions(nn.Sequential):
    """A plain CNN on images of two channels, the small denoiser of the unrolled network.

    `layers - 1` convolution blocks and a last convolution that starts at zero:
    an untrained network returns 0.

    Parameters
    ----------
    channels : int
        Channels between the convolutions.
    layers : int
        Convolutions in all, at least 2.
    norm : callable
        Makes the normalisation for a number of channels.
    """

    def __init__(self, channels: int = 32, layers: int = 5, norm: Norm = group_norm):
        if layers < 2:
            raise ValueError(f"got {layers} layers, expected at least 2: one in and one out")
        widths = [2] + [channels] * (layers - 1)
        blocks = [ConvBlock(a, b, norm) for a, b in pairwise(widths)]
        super().__init__(*blocks, zero_convolution(channels, 2, 3))


def zero_convolution(channels_in: int, channels_out: int, size: int) -> nn.Conv2d:
    """Return a convolution whose weights and bias start at zero."""
    convolution = nn.Conv2d(channels_in, channels_out, size, padding=size // 2)
    nn.init.zeros_(convolution.weight)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def apply_to_complex(network: nn.Module, image: Tensor) -> Tensor:
    """Run a network of two real channels, (B, 2, H, W), on complex images (..., H, W).

    The channels come in the memory order of the complex numbers (channels last),
    and in the precision of the network's weights; the result has the image's dtype.
    """
    weights = next(network.parameters(), None)
    real = image.real.dtype if weights is None else weights.dtype
    channels = torch.view_as_real(image.reshape(-1, *image.shape[-2:])).to(real)
    output = network(channels.permute(0, 3, 1, 2)).to(image.real.dtype)
    return torch.view_as_complex(output.permute(0, 2, 3, 1).contiguous()).reshape(image.shape)
