"""NIfTI-1 by nibabel: magnitudes with their affine."""

from pathlib import Path

import numpy as np

from csmri.formats.extras import needs
from csmri.formats.images import magnitude, volume
from csmri.formats.scan import Scan
from csmri.formats.writing import replacing


def write(path: Path, image: np.ndarray, scan: Scan | None = None) -> None:
    """Write |image| as float32, its axes (row, column, slice).

    The affine is the scan's; where that has none, its voxel size about the middle of the volume,
    with the code "unknown" so that no viewer takes it for the patient's frame.
    """
    nibabel = needs("nibabel", "NIfTI files")
    array = magnitude(volume(image)).transpose(1, 2, 0)
    size = None if scan is None else scan.voxel_size
    affine, code = np.diag((*(size or (1.0, 1.0, 1.0)), 1.0)), "unknown"
    affine[:3, 3] = -affine[:3, :3] @ (np.array(array.shape) // 2)
    if scan is not None and scan.affine is not None:
        affine, code = np.asarray(scan.affine, float), "scanner"
    file = nibabel.Nifti1Image(array, affine)
    file.header.set_xyzt_units("mm")
    file.set_sform(affine, code)
    file.set_qform(affine, code)
    with replacing(path) as temporary:
        nibabel.save(file, temporary)
