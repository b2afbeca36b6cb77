"""The blocks of a Siemens raw file: where each readout lies, and the counters in its header.

Two generations: VB, one measurement and a header before every coil's samples; VD, VE and XA, up to
64 measurements in a file and one header for all coils.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from csmri.formats.errors import FileError, named, require_file

COUNTERS = ("Lin", "Ave", "Sli", "Par", "Eco", "Phs", "Rep", "Set")
FLAGS = {
    "end": 0, "real-time feedback": 1, "navigator": 2, "synchronous data": 5,
    "phase stabilisation reference": 14, "phase stabilisation": 15, "phase correction": 21,
    "reference": 22, "reference and image": 23, "reflected": 24, "noise": 25,
    "multiband reference": 38, "multiband phase correction": 39, "dummy": 51,
}  # fmt: skip
LARGEST_PROTOCOL = 100_000_000  # bytes
CHANNEL_HEADER = 32  # bytes, before the samples of each coil in VD and later


def _layout(flags: int, samples: int, centre: int, lines: int, itemsize: int) -> np.dtype:
    """Of a header, the fields that a reconstruction asks for, by their offsets."""
    fields = {
        "length": ("<u4", 0), "flags": ("<u8", flags), "samples": ("<u2", samples),
        "coils": ("<u2", samples + 2), "CenterCol": ("<u2", centre),
        "CenterLin": ("<u2", lines), "CenterPar": ("<u2", lines + 2),
        **{name: ("<u2", samples + 4 + 2 * n) for n, name in enumerate(COUNTERS)},
    }  # fmt: skip
    return np.dtype(
        {
            "names": list(fields),
            "formats": [kind for kind, _ in fields.values()],
            "offsets": [offset for _, offset in fields.values()],
            "itemsize": itemsize,
        }
    )


VB = _layout(flags=20, samples=28, centre=64, lines=76, itemsize=128)
VD = _layout(flags=40, samples=48, centre=84, lines=96, itemsize=192)


@final
@dataclass(frozen=True)
class Measurement:
    """One measurement: where it begins and ends, where its readouts begin, and its generation."""

    start: int
    data: int
    end: int
    header: np.dtype


@final
@dataclass(frozen=True, eq=False)
class Blocks:
    """The readouts of a measurement.

    Parameters
    ----------
    path : Path
        The file.
    heads : structured array (N,)
        `VB` or `VD`: counters, flags and sizes.
    positions : (N,) int
        Where the coils' samples begin, each coil's behind `gap` bytes.
    gap : int
        Bytes before the samples of every coil.
    """

    path: Path
    heads: np.ndarray
    positions: np.ndarray
    gap: int

    def __len__(self) -> int:
        return len(self.heads)

    def __getitem__(self, chosen: np.ndarray) -> "Blocks":
        return Blocks(self.path, self.heads[chosen], self.positions[chosen], self.gap)

    def flagged(self, *names: str) -> np.ndarray:
        """Which readouts bear any of these flags."""
        bits = np.uint64(sum(1 << FLAGS[name] for name in names))
        return (self.heads["flags"] & bits) != 0

    def samples(self, numbers: np.ndarray) -> list[np.ndarray]:
        """(C, samples) complex64 of each of these readouts."""
        found = []
        with named(self.path, "Siemens twix", ValueError), self.path.open("rb") as file:
            for number in numbers:
                head = self.heads[number]
                coils, width = int(head["coils"]), self.gap + 8 * int(head["samples"])
                file.seek(int(self.positions[number]))
                raw = np.frombuffer(file.read(coils * width), np.uint8).reshape(coils, width)
                found.append(raw[:, self.gap :].copy().view("<c8").astype(np.complex64, copy=False))
        return found


def measurements(path: Path) -> list[Measurement]:
    """The measurements that a file holds, checked against its size."""
    size = require_file(path)
    with path.open("rb") as file:
        start = file.read(8)
        first, count = np.frombuffer(start, "<u4").tolist() if len(start) == 8 else (0, 0)
        if not (first < 10_000 and 0 < count <= 64):
            return [_measurement(path, 0, size, VB)]
        content = file.read(152 * count)
    if len(content) < 152 * count:
        raise FileError(f"{path} ends within its list of {count} measurements; copy it again")
    found = []
    for n in range(count):
        begin, length = np.frombuffer(content, "<u8", 2, 152 * n + 8).tolist()
        end = begin + length if length else size  # the length of a single one may be left out
        if begin < 16 or end > size:
            raise FileError(
                f"{path} has {size:,} bytes, but its measurement {n + 1} lies at {begin:,} to "
                f"{end:,}; it is truncated: copy it again"
            )
        found.append(_measurement(path, begin, end, VD))
    return found


def _measurement(path: Path, start: int, end: int, header: np.dtype) -> Measurement:
    with path.open("rb") as file:
        file.seek(start)
        word = file.read(4)
    length = int.from_bytes(word, "little")
    if len(word) < 4 or not 16 <= length <= min(end - start, LARGEST_PROTOCOL):
        raise FileError(
            f"{path} has a protocol of {length:,} bytes in a measurement of {end - start:,}; it is "
            "truncated or no Siemens raw file"
        )
    return Measurement(start, start + length, end, header)


def protocol_text(path: Path, measurement: Measurement) -> str:
    """The protocol of a measurement, as text."""
    with path.open("rb") as file:
        file.seek(measurement.start)
        return file.read(measurement.data - measurement.start).decode("latin-1")


def blocks(path: Path, measurement: Measurement) -> Blocks:
    """Walk the readouts of a measurement, looking at headers alone.

    Raises
    ------
    FileError
        Where the file ends before the block that marks the end of the measurement.
    """
    kind = measurement.header
    is_vb = kind == VB
    gap = kind.itemsize if is_vb else CHANNEL_HEADER
    position, end = measurement.data, measurement.end
    heads: list[bytes] = []
    positions: list[int] = []
    with path.open("rb") as file:
        while position + kind.itemsize <= end:
            file.seek(position)
            raw = file.read(kind.itemsize)
            head = np.frombuffer(raw, kind)[0]
            flags, length = int(head["flags"]), int(head["length"]) % 2**25
            if flags & 1 << FLAGS["end"]:
                return Blocks(path, np.frombuffer(b"".join(heads), kind), np.array(positions), gap)
            if not flags & 1 << FLAGS["synchronous data"]:
                begin = position if is_vb else position + kind.itemsize
                # The stated length is not reliable; that of the samples is.
                length = begin - position + int(head["coils"]) * (gap + 8 * int(head["samples"]))
                heads.append(raw)
                positions.append(begin)
            if length < kind.itemsize or position + length > end:
                break
            position += length
    raise FileError(
        f"{path} ends in the middle of its readouts, after {len(heads)} of them; "
        "it is truncated or damaged: copy it again"
    )
