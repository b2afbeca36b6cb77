import pytest
import torch
from torch import nn

from learned.blocks import (
    NORMS,
    Convolutions,
    apply_to_complex,
    group_norm,
    layer_norm,
)


@pytest.mark.parametrize(
    ("channels", "groups"), [(16, 1), (31, 1), (32, 1), (64, 2), (192, 6), (256, 8)]
)
def test_a_group_holds_32_channels_whatever_their_number(channels, groups):
    assert group_norm(channels).num_groups == groups


def test_the_size_of_a_group_can_be_chosen():
    assert group_norm(64, group_size=8).num_groups == 8


def test_channels_that_groups_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="48 channels in groups of 32"):
        group_norm(48)


@pytest.mark.parametrize("name", ["group", "layer", "instance"])
def test_norms_of_one_image_do_not_see_its_neighbours(name):
    norm, x = NORMS[name](64), torch.randn(3, 64, 5, 6)
    torch.testing.assert_close(norm(x)[1:2], norm(x[1:2]), rtol=1e-5, atol=1e-6)


def test_batch_norm_sees_the_whole_batch():
    norm, x = NORMS["batch"](4), torch.randn(3, 4, 5, 6)
    assert not torch.allclose(norm(x)[1:2], norm(x[1:2]), atol=1e-3)


def test_group_norm_takes_mean_and_variance_over_32_channels_and_all_pixels():
    x = 3 + 2 * torch.randn(2, 64, 8, 8)
    groups = x.reshape(2, 2, 32 * 64)
    mean, deviation = groups.mean(-1, keepdim=True), groups.var(-1, correction=0, keepdim=True)
    expected = ((groups - mean) / torch.sqrt(deviation + 1e-5)).reshape(x.shape)
    torch.testing.assert_close(group_norm(64)(x), expected, rtol=1e-4, atol=1e-5)


def test_layer_norm_is_one_group_and_none_changes_nothing():
    x = torch.randn(2, 64, 5, 6)
    assert layer_norm(64).num_groups == 1
    assert NORMS["none"](64)(x) is x


def test_untrained_convolutions_return_zero():
    x = torch.randn(2, 2, 8, 9)
    assert torch.equal(Convolutions(8, 3)(x), torch.zeros_like(x))


def test_convolutions_need_two_layers():
    with pytest.raises(ValueError, match="at least 2"):
        Convolutions(8, layers=1)


@pytest.mark.parametrize("shape", [(5, 6), (3, 5, 6), (2, 3, 5, 6)])
def test_complex_images_pass_as_two_channels_and_come_back(shape):
    x = torch.randn(*shape, dtype=torch.complex64)
    assert torch.equal(apply_to_complex(nn.Identity(), x), x)
    swapped = apply_to_complex(SwapChannels(), x)
    assert torch.equal(swapped, torch.complex(x.imag, x.real))


class SwapChannels(nn.Module):
    def forward(self, x):
        return x.flip(1)
