"""Siemens raw data (.dat, "twix"), of VB and of VD/VE/XA."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from csmri.formats.errors import FileError
from csmri.formats.lines import Lines, numbered, scan_of_lines
from csmri.formats.scan import Scan
from csmri.formats.twix_blocks import COUNTERS, Blocks, blocks, measurements, protocol_text

NO_IMAGE = (
    "real-time feedback", "navigator", "phase stabilisation reference", "phase stabilisation",
    "phase correction", "noise", "multiband reference", "multiband phase correction", "dummy",
)  # fmt: skip
READOUT_OVERSAMPLING = 2.0
SEPARATE_REFERENCE = 4.0  # of sPat.ucRefScanMode: its lines have another contrast


def read(path: Path, *, average_repetitions: bool = True) -> Scan:
    """Read the last measurement of a raw file; samples stay in the file until they are asked for.

    Averages are averaged; echoes, phases and sets become frames, repetitions too unless they are
    averaged. Noise adjustment lines, of any measurement in the file, become `Scan.noise`.
    """
    listed = measurements(path)
    walked = [blocks(path, measurement) for measurement in listed]
    protocol = parsed_protocol(protocol_text(path, listed[-1]))
    last = walked[-1]
    image = ~last.flagged(*NO_IMAGE)
    if number_of(protocol, "sPat.ucRefScanMode") == SEPARATE_REFERENCE:
        image &= ~last.flagged("reference") | last.flagged("reference and image")
    own = last[np.flatnonzero(image)]
    if len(own) == 0:
        raise FileError(f"{path} holds no imaging lines; is it an adjustment?")
    sizes = np.unique(np.stack([own.heads["coils"], own.heads["samples"]], axis=-1), axis=0)
    if len(sizes) > 1 or 0 in sizes:
        raise FileError(
            f"{path} has image lines of {sizes[:5].tolist()} coils and samples, expected one size; "
            "it holds several scans in one"
        )
    coils, samples = (int(n) for n in sizes[0])
    noise = _noise(walked, coils)
    return _scan(path, own, (samples, coils), protocol, noise, average_repetitions)


def parsed_protocol(text: str) -> dict[str, str]:
    """The values of the last "ASCCONV" part of a protocol, by name, as text."""
    begin = text.rfind("### ASCCONV BEGIN")
    part = text[begin : text.find("### ASCCONV END", begin)] if begin >= 0 else ""
    return dict(re.findall(r"^([\w.\[\]]{1,200})[ \t]*=[ \t]*([^\n#]{0,1000})", part, re.MULTILINE))


def number_of(protocol: Mapping[str, str], name: str) -> float | None:
    """A number of the protocol, None where it is not there."""
    text = protocol.get(name, "").strip()
    if re.fullmatch(r"0x[0-9a-fA-F]{1,8}", text):
        return float(int(text, 16))
    return float(text) if re.fullmatch(r"-?\d{1,12}(\.\d{0,12})?", text) else None


def _scan(
    path: Path,
    own: Blocks,
    size: tuple[int, int],
    protocol: Mapping[str, str],
    noise: np.ndarray | None,
    average_repetitions: bool,
) -> Scan:
    samples, coils = size
    counters = {name: own.heads[name].astype(int) for name in COUNTERS}
    frames = ["Eco", "Phs", "Set", *([] if average_repetitions else ["Rep"])]
    # Sequences made with Pulseq leave the protocol as it was: it says nothing of the encoding.
    pulseq = "pulseq" in protocol.get("tSequenceFileName", "").lower()
    encoding = {} if pulseq else protocol
    columns, column = _places(counters["Lin"], own.heads["CenterLin"], encoding, "PhaseEncoding")
    partitions, partition = _places(counters["Par"], own.heads["CenterPar"], encoding, "Partition")
    centre = own.heads["CenterCol"].astype(int)
    rows, oversampling, first = _readout(samples, centre, encoding)
    lines = Lines(
        numbered(np.stack([counters[name] for name in frames], axis=-1)),
        numbered(counters["Sli"][:, None]),
        column,
        partition,
        first,
        own.flagged("reflected"),
        own.samples,
    )
    return scan_of_lines(
        path,
        lines,
        coils,
        (rows, columns, partitions),
        oversampling=oversampling,
        voxel_size=_voxel_size(protocol, rows / oversampling, columns, partitions),
        noise=noise,
        provenance={
            "kind": "Siemens twix",
            "protocol": protocol.get("tProtocolName", "").strip('" \t\r'),
        },
        steps=("a Pulseq sequence: matrix and oversampling are those of the lines",) * pulseq,
    )


def _readout(
    samples: int, centre: np.ndarray, protocol: Mapping[str, str]
) -> tuple[int, float, np.ndarray]:
    """The grid's rows, its oversampling, and the row where each line begins.

    An asymmetric echo is shorter than the grid; its missing side is left empty.
    """
    base = number_of(protocol, "sKSpace.lBaseResolution")
    if not base or base < 1:
        return samples, 1.0, np.zeros_like(centre)
    full = round(READOUT_OVERSAMPLING * base)
    if (np.abs(centre - samples // 2) <= 2).all() or not samples < full <= 2 * samples:
        ratio = samples / base
        return samples, ratio if 1 < ratio <= 4 else 1.0, np.zeros_like(centre)
    return full, READOUT_OVERSAMPLING, full // 2 - centre


def _places(
    counter: np.ndarray, centres: np.ndarray, protocol: Mapping[str, str], what: str
) -> tuple[int, np.ndarray]:
    """The grid's size along a phase encoding, and each line's place: zero frequency at N//2."""
    measured = int(counter.max()) + 1
    name = "sKSpace.lPhaseEncodingLines" if what == "PhaseEncoding" else "sKSpace.lPartitions"
    asked = int(number_of(protocol, name) or 0)
    count = asked if 1 < measured <= asked <= 4 * measured else measured
    centre = int(centres[0]) if (centres == centres[0]).all() else 0
    shift = count // 2 - centre if centre > 0 else 0
    if shift < 0 or measured + shift > count:
        shift = 0
    return count, counter + shift


def _noise(walked: list[Blocks], coils: int) -> np.ndarray | None:
    """(C, N): all noise lines of as many coils."""
    found = []
    for part in walked:
        wanted = part.flagged("noise") & (part.heads["coils"] == coils)
        found += part.samples(np.flatnonzero(wanted & (part.heads["samples"] > 0)))
    return np.concatenate(found, axis=1) if found else None


def _voxel_size(
    protocol: Mapping[str, str], rows: float, columns: int, partitions: int
) -> tuple[float, float, float] | None:
    slab = "sSliceArray.asSlice[0]."
    lengths = [number_of(protocol, slab + n) for n in ("dReadoutFOV", "dPhaseFOV", "dThickness")]
    if any(length is None or length <= 0 for length in lengths):
        return None
    read, phase, thick = (float(length or 0) for length in lengths)
    return read / rows, phase / columns, thick / partitions
