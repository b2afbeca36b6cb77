"""PNG pictures of magnitudes, written without a library."""

import math
import struct
import zlib
from pathlib import Path

import numpy as np

from csmri.formats.images import magnitude, volume
from csmri.formats.writing import replacing

WHITE = 0.998
"""The share of pixels that are not white: a few bright vessels must not darken everything else."""


def write(path: Path, image: np.ndarray) -> None:
    """Write |image| in 8-bit grey; the slices of a volume side by side, nearly in a square."""
    modulus = magnitude(volume(image))
    white = float(np.quantile(modulus, WHITE)) or float(modulus.max()) or 1.0
    grey = np.round(255 * np.clip(modulus / white, 0, 1)).astype(np.uint8)
    with replacing(path) as temporary:
        temporary.write_bytes(encoded(mosaic(grey)))


def mosaic(frames: np.ndarray) -> np.ndarray:
    """(S, H, W) as one (rows · H, columns · W)."""
    count, height, width = frames.shape
    columns = math.ceil(math.sqrt(count * height / width)) if count > 1 else 1
    columns = min(columns, count)
    rows = -(-count // columns)
    canvas = np.zeros((rows * columns, height, width), frames.dtype)
    canvas[:count] = frames
    grid = canvas.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return grid.reshape(rows * height, columns * width)


def encoded(grey: np.ndarray) -> bytes:
    """A PNG file of (H, W) uint8, after the PNG specification, ISO/IEC 15948."""
    height, width = grey.shape
    lines = np.zeros((height, width + 1), np.uint8)  # each line begins with filter 0, none
    lines[:, 1:] = grey
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines.tobytes(), 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
