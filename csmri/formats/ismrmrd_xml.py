"""The XML header that our writers put into ISMRMRD and fastMRI files."""

import math

from csmri.formats.scan import Scan


def header_xml(scan: Scan) -> str:
    """A header with the encoded and the wanted space; whatever the scan does not know is 0."""
    rows, columns = scan.shape[-2:]
    size = scan.voxel_size or (0.0, 0.0, 0.0)
    wanted_rows = round(rows / scan.oversampling)
    encoded = _space("encodedSpace", (rows, columns), (rows * size[0], columns * size[1], size[2]))
    wanted = _space(
        "reconSpace",
        (wanted_rows, columns),
        (wanted_rows * size[0], columns * size[1], size[2]),
    )
    limits = _limit("kspace_encoding_step_1", columns - 1, columns // 2)
    limits += _limit("slice", scan.slices - 1, 0)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD">'
        "<acquisitionSystemInformation>"
        f"<receiverChannels>{scan.coils}</receiverChannels></acquisitionSystemInformation>"
        "<experimentalConditions><H1resonanceFrequency_Hz>0</H1resonanceFrequency_Hz>"
        "</experimentalConditions>"
        f"<encoding>{encoded}{wanted}<encodingLimits>{limits}</encodingLimits>"
        "<trajectory>cartesian</trajectory></encoding></ismrmrdHeader>\n"
    )


def _space(name: str, matrix: tuple[int, int], lengths: tuple[float, float, float]) -> str:
    sizes = "".join(f"<{a}>{n}</{a}>" for a, n in zip("xyz", (*matrix, 1), strict=True))
    fields = "".join(
        f"<{a}>{mm if math.isfinite(mm) else 0:.9g}</{a}>"
        for a, mm in zip("xyz", lengths, strict=True)
    )
    return (
        f"<{name}><matrixSize>{sizes}</matrixSize>"
        f"<fieldOfView_mm>{fields}</fieldOfView_mm></{name}>"
    )


def _limit(name: str, last: int, centre: int) -> str:
    return (
        f"<{name}><minimum>0</minimum><maximum>{last}</maximum><center>{centre}</center></{name}>"
    )
