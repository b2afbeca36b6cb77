"""Images in HDF5: "reconstruction", complex as it was, with what is known of it."""

from pathlib import Path

import numpy as np

from csmri.formats.extras import needs
from csmri.formats.images import volume
from csmri.formats.scan import Scan
from csmri.formats.writing import replacing


def write(path: Path, image: np.ndarray, scan: Scan | None = None) -> None:
    """Write (S, H, W) as "reconstruction", voxel size, affine and provenance as attributes."""
    h5py = needs("h5py", "HDF5 files")
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        data = file.create_dataset("reconstruction", data=volume(image))
        if scan is None:
            return
        if scan.voxel_size is not None:
            data.attrs["voxel_size_mm"] = scan.voxel_size
        if scan.affine is not None:
            data.attrs["affine"] = scan.affine
        for name, value in scan.provenance.items():
            text = "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            data.attrs[name] = text
