"""The U-Net: convolutions at several resolutions, joined by skips."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from learned.blocks import ConvBlock, Norm, group_norm, zero_convolution


class UNet(nn.Module):
    """A residual B(x) for images of two channels, as a U-Net.

    Every level makes [convolution 3×3 → normalisation → rectifier] twice. Going
    down the resolution is halved by averaging; going up it is doubled by
    repeating pixels and a 1×1 convolution, and the features of the same level are
    put beside. The last convolution starts at zero: an untrained U-Net returns 0.

    Parameters
    ----------
    widths : sequence of int
        Channels of each level, the finest first; one level more than halvings.
    norm : callable
        Makes the normalisation for a number of channels.

    Notes
    -----
    Takes and returns (B, 2, H, W). Sizes that are no multiple of 2^depth are
    padded by reflection and cropped back.

    References
    ----------
    O. Ronneberger, P. Fischer and T. Brox (2015), U-Net, MICCAI, fig. 1.
    """

    def __init__(self, widths: Sequence[int] = (32, 64, 128, 192, 256), norm: Norm = group_norm):
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"got {len(widths)} level(s), expected at least 2; add a width")
        self.depth = len(widths) - 1
        inputs = (2, *widths)
        self.down = nn.ModuleList(
            double_block(a, b, norm) for a, b in zip(inputs, widths, strict=False)
        )
        self.expand = nn.ModuleList(
            nn.Conv2d(widths[level + 1], widths[level], 1) for level in range(self.depth)
        )
        self.up = nn.ModuleList(
            double_block(2 * widths[level], widths[level], norm) for level in range(self.depth)
        )
        self.head = zero_convolution(widths[0], 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the residual of images (B, 2, H, W), of the same shape."""
        height, width = x.shape[-2:]
        top, bottom = margins(height, 2**self.depth)
        left, right = margins(width, 2**self.depth)
        x = functional.pad(x, (left, right, top, bottom), mode="reflect")
        x = self.head(self.features(x))
        return x[..., top : top + height, left : left + width]

    def features(self, x: Tensor) -> Tensor:
        """Return the features of the finest level, (B, widths[0], H, W)."""
        skips = []
        for level in range(self.depth):
            x = self.down[level](x)
            skips.append(x)
            x = functional.avg_pool2d(x, 2)
        x = self.down[self.depth](x)
        for level in reversed(range(self.depth)):
            # The 1×1 convolution commutes with repeating pixels and is four times cheaper first.
            x = functional.interpolate(self.expand[level](x), scale_factor=2.0, mode="nearest")
            x = self.up[level](torch.cat([x, skips[level]], dim=1))
        return x


def double_block(channels_in: int, channels_out: int, norm: Norm) -> nn.Sequential:
    """Return two convolution blocks in a row."""
    return nn.Sequential(
        ConvBlock(channels_in, channels_out, norm), ConvBlock(channels_out, channels_out, norm)
    )


def margins(size: int, multiple: int) -> tuple[int, int]:
    """Return how far to extend an axis on both sides to reach the next multiple."""
    missing = -size % multiple
    before, after = missing // 2, missing - missing // 2
    if after >= size:
        raise ValueError(
            f"got an axis of {size} pixels, expected at least {after + 1} so that it can be "
            f"reflected to {size + missing}; take a U-Net of fewer levels for such small images"
        )
    return before, after
