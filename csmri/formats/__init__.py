"""Files in and out: scanners' raw data and other toolkits' arrays to a `Scan`, images to files.

    scan = formats.read("scan.dat")              # Siemens, ISMRMRD, fastMRI, BART, .npy, .npz, .mat
    one = scan.slice(0)                          # one.kspace (C, H, W), one.mask
    formats.write("image.nii.gz", image, scan)   # NIfTI, DICOM, PNG, HDF5, BART, .npy

A file's kind is told by its content, then by its suffix. Whatever the file's own order of axes,
a scan's are ours: (..., C, H, W), the readout H, the phase encoding W, zero frequency at N//2 as
the header places it. Arrays are never unpickled and no file is ever trusted with its own size.
"""

from csmri.formats.axes import parsed as axes_named
from csmri.formats.errors import FileError
from csmri.formats.kinds import (
    IMAGE_SUFFIXES,
    SCAN_KINDS,
    files_of,
    kind_of,
    read,
    write,
    write_scan,
)
from csmri.formats.scan import LazyKSpace, Scan
from csmri.formats.writing import OutputError

__all__ = [
    "read",
    "write",
    "write_scan",
    "Scan",
    "LazyKSpace",
    "FileError",
    "OutputError",
    "files_of",
    "kind_of",
    "axes_named",
    "IMAGE_SUFFIXES",
    "SCAN_KINDS",
]
