"""Small files in the layout of fastMRI, for tests of what reads them."""

import h5py
import numpy as np

from csmri.datasets import complex_noise, smooth_phase
from csmri.operators import Fourier

HEADER = """<?xml version="1.0"?>
<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding>
<encodedSpace><matrixSize><x>{rows}</x><y>{columns}</y><z>1</z></matrixSize>
<fieldOfView_mm><x>320</x><y>160</y><z>4</z></fieldOfView_mm></encodedSpace>
<reconSpace><matrixSize><x>{half}</x><y>{columns}</y><z>1</z></matrixSize>
<fieldOfView_mm><x>160</x><y>160</y><z>4</z></fieldOfView_mm></reconSpace>
<encodingLimits><kspace_encoding_step_1><minimum>0</minimum><maximum>{last}</maximum>
<center>{centre}</center></kspace_encoding_step_1></encodingLimits>
<trajectory>cartesian</trajectory></encoding></ismrmrdHeader>"""


def write_volume(path, kspace, *, patient="someone", padding=0, header=True, **datasets):
    """Write k-space (S, H, W) or (S, C, H, W) as fastMRI does, with its own reconstruction."""
    images = np.abs(Fourier().adjoint(kspace))
    several = kspace.ndim == 4
    images = np.sqrt(np.sum(images**2, axis=1)) if several else images
    rows, columns = kspace.shape[-2:]
    target = images
    if header:  # which says that the field of view is oversampled twice along the readout
        top, left = rows // 4, (columns - rows // 2) // 2
        target = images[..., top : top + rows // 2, left : left + rows // 2]
    limits = {"last": columns - 2 * padding - 1, "centre": columns // 2 - padding}
    with h5py.File(path, "w") as file:
        file["kspace"] = kspace.astype(np.complex64)
        file[f"reconstruction_{'rss' if several else 'esc'}"] = target.astype(np.float32)
        if header:
            file["ismrmrd_header"] = HEADER.format(
                rows=rows, half=rows // 2, columns=columns, **limits
            )
        for name, values in datasets.items():
            file[name] = values
        file.attrs["max"] = target.max()
        file.attrs["patient_id"] = patient
        file.attrs["acquisition"] = "CORPD_FBK"
    return target


def volume(slices=3, coils=None, shape=(64, 36), seed=0, scale=1e-4):
    """Smooth objects of unlike phase, oversampled along the readout, seen by coils."""
    rng = np.random.default_rng(seed)
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    inside = (2 * rows) ** 2 + columns**2 < 0.5
    images = inside * (1 + 0.3 * rng.standard_normal((slices, 1, 1)) + columns)
    images = scale * images * np.exp(1j * np.stack([smooth_phase(shape, rng) for _ in images]))
    if coils is not None:
        angles = 2 * np.pi * np.arange(coils)[:, None, None] / coils
        maps = np.exp(np.cos(angles) * rows + np.sin(angles) * columns)
        images = images[:, None] * maps
    return Fourier()(images + complex_noise(images.shape, rng, 1e-3 * scale))
