import numpy as np
import pytest
import torch

from csmri.operators import MaskedFourier
from learned.blocks import Convolutions, apply_to_complex
from learned.direct import Direct, HardConsistency, SoftConsistency
from learned.unet import UNet, margins


@pytest.fixture
def trained_like():
    """A small U-Net with a head that is not zero."""
    unet = UNet((8, 16, 16))
    torch.nn.init.normal_(unet.head.weight)
    return unet


def test_an_untrained_unet_returns_the_zero_filled_image(small_problem):
    y, mask, _ = small_problem()
    image = Direct(UNet((8, 16)))(torch.tensor(y), torch.tensor(mask))
    expected = MaskedFourier(mask).adjoint(y)
    np.testing.assert_allclose(image.detach().numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(16, 16), (17, 23), (9, 30), (5, 5)])
def test_odd_sizes_come_back_as_they_went_in(trained_like, shape):
    assert trained_like(torch.randn(2, 2, *shape)).shape == (2, 2, *shape)


def test_padding_reflects_so_that_a_symmetric_image_gives_a_symmetric_answer():
    before, after = margins(18, 8)
    assert (before, after) == (3, 3)
    assert margins(16, 8) == (0, 0)


def test_images_too_small_to_be_reflected_are_refused():
    with pytest.raises(ValueError, match="fewer levels"):
        UNet((8, 8, 8, 8, 8))(torch.randn(1, 2, 5, 5))


def test_one_level_is_no_unet():
    with pytest.raises(ValueError, match="at least 2"):
        UNet((8,))


def test_a_batch_equals_its_images_one_by_one(trained_like):
    x = torch.randn(3, 2, 20, 24)
    looped = torch.cat([trained_like(image[None]) for image in x])
    torch.testing.assert_close(trained_like(x), looped, rtol=1e-4, atol=1e-5)


def test_the_unet_sees_far_beyond_its_kernels():
    unet = UNet((8, 16, 16, 16))
    torch.nn.init.normal_(unet.head.weight)
    x = torch.randn(1, 2, 64, 64, requires_grad=True)
    unet(x)[0, 0, 32, 32].backward()
    assert x.grad is not None
    assert x.grad[0, :, 32, 32 - 20].abs().sum() > 0


def test_hard_consistency_puts_back_what_was_measured(trained_like, small_problem):
    y, mask, _ = small_problem()
    image = Direct(trained_like, HardConsistency())(torch.tensor(y), torch.tensor(mask))
    again = MaskedFourier(mask)(image.detach().numpy())
    np.testing.assert_allclose(again, y, atol=1e-5 * np.abs(y).max())


def test_without_consistency_the_network_may_contradict_the_data(trained_like, small_problem):
    y, mask, _ = small_problem()
    image = Direct(trained_like)(torch.tensor(y), torch.tensor(mask))
    again = MaskedFourier(mask)(image.detach().numpy())
    assert np.linalg.norm(again - y) > 0.01 * np.linalg.norm(y)


def test_the_finish_corrects_what_the_consistency_gave(trained_like, small_problem):
    y, mask, _ = small_problem()
    data = torch.tensor(y), torch.tensor(mask)
    finish = Convolutions(8, 2)
    whole = Direct(trained_like, HardConsistency(), finish)
    consistent = Direct(trained_like, HardConsistency())(*data)
    torch.testing.assert_close(whole(*data), consistent)  # the finish ends on zeros untrained
    torch.nn.init.normal_(finish[-1].weight)
    scale = whole.scale(MaskedFourier(data[1]).adjoint(data[0]))
    expected = consistent + scale * apply_to_complex(finish, consistent / scale)
    torch.testing.assert_close(whole(*data), expected)
    assert (whole(*data) - consistent).abs().max() > 1e-3 * consistent.abs().max()


def test_soft_consistency_lies_between_and_learns_its_step(trained_like, small_problem):
    y, mask, _ = small_problem()
    f_arguments = torch.tensor(y), torch.tensor(mask)
    soft = SoftConsistency()
    free, half = Direct(trained_like)(*f_arguments), Direct(trained_like, soft)(*f_arguments)
    hard = Direct(trained_like, HardConsistency())(*f_arguments)
    torch.testing.assert_close(half, (free + hard) / 2, rtol=1e-4, atol=1e-5)
    half.abs().sum().backward()
    assert soft.step.grad is not None
    assert soft.step.grad != 0
