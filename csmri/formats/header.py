"""The XML header that ISMRMRD and fastMRI files share: only what a reconstruction asks."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import final
from xml.etree import ElementTree

from csmri.formats.errors import FileError

LARGEST_HEADER = 20_000_000  # characters


@final
@dataclass(frozen=True)
class Header:
    """What the XML says of the first encoding.

    Parameters
    ----------
    encoded, wanted : (x, y, z)
        Matrix sizes of k-space and of the image.
    encoded_mm, wanted_mm : (x, y, z)
        Fields of view in millimetres; 0 where the header does not say.
    centre : (step 1, step 2)
        The phase encodings of zero frequency, None where the header does not say.
    last : (step 1, step 2)
        The highest phase encodings, None where the header does not say.
    trajectory : str
        "cartesian", "epi", "radial", …
    embedded : bool
        Whether calibration lines belong to the image too.
    """

    encoded: tuple[int, int, int]
    wanted: tuple[int, int, int]
    encoded_mm: tuple[float, float, float]
    wanted_mm: tuple[float, float, float]
    centre: tuple[int | None, int | None]
    last: tuple[int | None, int | None]
    trajectory: str
    embedded: bool

    @property
    def oversampling(self) -> float:
        """How many times larger the encoded field of view is than the wanted, along x."""
        ratio = self.encoded[0] / self.wanted[0]
        if all(mm > 0 for mm in (self.encoded_mm[0], self.wanted_mm[0])):
            ratio = self.encoded_mm[0] / self.wanted_mm[0]
        return ratio if 1 < ratio <= 16 else 1.0

    @property
    def voxel_size(self) -> tuple[float, float, float] | None:
        """Millimetres along readout, phase encoding and slice, of the encoded grid."""
        size = tuple(mm / n for mm, n in zip(self.encoded_mm, self.encoded, strict=True))
        if not all(math.isfinite(length) and length > 0 for length in size):
            return None
        return size[0], size[1], size[2]


def parsed(path: Path, xml: str) -> Header:
    """Read the header; namespaces and everything that is not asked for are passed over.

    Raises
    ------
    FileError
        For XML that is broken, declares entities, or lacks the encoded matrix.
    """
    if len(xml) > LARGEST_HEADER or re.search(r"<!(?:DOCTYPE|ENTITY)", xml):
        raise FileError(f"{path} has an XML header that is too long or declares entities")
    try:
        root = ElementTree.fromstring(xml.strip().strip("\0"))
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise FileError(f"{path} has a broken XML header ({error}); copy it again") from error
    encoding = root.find("{*}encoding")
    if encoding is None:
        raise FileError(f"{path} has an XML header without an encoding; is it an image?")
    encoded = _sizes(path, encoding, "encodedSpace")
    trajectory = encoding.findtext("{*}trajectory") or "cartesian"
    mode = encoding.findtext("{*}parallelImaging/{*}calibrationMode") or ""
    limits = [f"{{*}}encodingLimits/{{*}}kspace_encoding_step_{n}" for n in (1, 2)]
    return Header(
        encoded,
        _sizes(path, encoding, "reconSpace") if encoding.find("{*}reconSpace") else encoded,
        _lengths(encoding, "encodedSpace"),
        _lengths(encoding, "reconSpace"),
        (_whole(encoding, limits[0], "center"), _whole(encoding, limits[1], "center")),
        (_whole(encoding, limits[0], "maximum"), _whole(encoding, limits[1], "maximum")),
        trajectory.strip().lower(),
        mode.strip().lower() != "separate",
    )


def _sizes(path: Path, encoding: ElementTree.Element, space: str) -> tuple[int, int, int]:
    found = [_whole(encoding, f"{{*}}{space}/{{*}}matrixSize", axis) for axis in "xyz"]
    x, y, z = (1 if n is None and axis == "z" else n for n, axis in zip(found, "xyz", strict=True))
    if x is None or y is None or z is None or not all(1 <= n <= 65536 for n in (x, y, z)):
        raise FileError(
            f"{path} has an XML header with the {space} {found}, expected 1 to 65536 along x, y, z"
        )
    return x, y, z


def _lengths(encoding: ElementTree.Element, space: str) -> tuple[float, float, float]:
    lengths = []
    for axis in "xyz":
        text = encoding.findtext(f"{{*}}{space}/{{*}}fieldOfView_mm/{{*}}{axis}") or "0"
        try:
            length = float(text)
        except ValueError:
            length = 0.0
        lengths.append(length if math.isfinite(length) and length > 0 else 0.0)
    return lengths[0], lengths[1], lengths[2]


def _whole(element: ElementTree.Element, place: str, name: str) -> int | None:
    text = (element.findtext(f"{place}/{{*}}{name}") or "").strip()
    return int(text) if re.fullmatch(r"\d{1,9}", text) else None
