"""Small scans, and small files as scanners write them, each made by hand."""

import struct

import numpy as np

from csmri import phantoms
from csmri.formats import Scan
from csmri.formats.twix_blocks import FLAGS

SOME_COLUMNS = np.array([1, 1, 0, 1, 1, 1, 1, 0, 1, 0], bool)
"""A column mask for the scans of `small_scan`."""


def small_scan(slices=3, coils=2, shape=(12, 10), *, mask=None, noise=True, seed=0):
    """K-space of random ellipses seen by coils of constant phase, with noise samples."""
    rng = np.random.default_rng(seed)
    kspace = np.empty((slices, coils, *shape), np.complex64)
    for number in range(slices):
        image = phantoms.ellipses(shape, count=4, seed=seed + number)
        for coil in range(coils):
            centred = np.fft.ifftshift(image * np.exp(1j * coil) * (1 + coil))
            kspace[number, coil] = np.fft.fftshift(np.fft.fft2(centred, norm="ortho"))
    samples = rng.standard_normal((coils, 16, 2)).astype(np.float32).view(np.complex64)[..., 0]
    if mask is not None:
        kspace = np.where(mask, kspace, 0)
    return Scan(
        kspace,
        mask,
        voxel_size=(1.5, 2.0, 4.0),
        noise=samples if noise else None,
        provenance={"kind": "a test"},
    )


def twix_header(*, samples, coils, flags=(), lin=0, sli=0, ave=0, rep=0, par=0, centre=(0, 0)):
    """The 192 bytes before the coils of one readout in a VD file."""
    head = bytearray(192)
    bits = sum(1 << FLAGS[name] for name in flags)
    length = 192 + coils * (32 + 8 * samples)
    struct.pack_into("<I", head, 0, length)
    struct.pack_into("<QHH8H", head, 40, bits, samples, coils, lin, ave, sli, par, 0, 0, rep, 0)
    struct.pack_into("<H", head, 84, centre[0])
    struct.pack_into("<H", head, 96, centre[1])
    return bytes(head)


def twix_bytes(readouts, *, protocol="", end=True):
    """A VD file of one measurement: `readouts` are (header arguments, (C, samples) complex64)."""
    text = f"### ASCCONV BEGIN ###\n{protocol}\n### ASCCONV END ###\n".encode("latin-1")
    start = 10240
    body = struct.pack("<II", 8 + len(text), 0) + text
    for arguments, samples in readouts:
        coils, count = samples.shape
        body += twix_header(samples=count, coils=coils, **arguments)
        for coil in samples:
            body += bytes(32) + coil.astype("<c8").tobytes()
    if end:
        body += twix_header(samples=0, coils=0, flags=("end",)) + bytes(160)
    first = struct.pack("<II", 0, 1) + struct.pack("<IIQQ", 1, 1, start, len(body))
    return first + bytes(start - len(first)) + body


def twix_of(scan):
    """A file with every line of a scan."""
    readouts = [
        ({"lin": column, "sli": number, "centre": (0, 0)}, one.kspace[:, :, column])
        for number, one in enumerate(scan)
        for column in range(scan.shape[-1])
    ]
    return twix_bytes(readouts)
