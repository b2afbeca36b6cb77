"""Image quality by fastMRI's definitions: NMSE, PSNR and SSIM, of slices and of volumes.

A metric without its range is no number, so the two customs have two names here:

- `nmse`, `psnr`, `ssim` and `hfen` judge each image of a batch by itself; the range is that
  image's own largest true value unless it is stated;
- `volume_nmse`, `volume_psnr` and `volume_ssim` judge a volume, with the range the largest
  value of the true volume. These are what fastMRI's leaderboard reports.

The range always comes from the truth, never from the reconstruction. Complex images are
compared by their magnitude, real images as they are; everything is computed in double
precision.
"""

from csmri.metrics.body import body_mask
from csmri.metrics.pixels import nmse, psnr
from csmri.metrics.structure import hfen, ssim
from csmri.metrics.volumes import volume_nmse, volume_psnr, volume_ssim

__all__ = [
    "body_mask",
    "hfen",
    "nmse",
    "psnr",
    "ssim",
    "volume_nmse",
    "volume_psnr",
    "volume_ssim",
]
