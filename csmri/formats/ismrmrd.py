"""ISMRMRD's HDF5 files: a table of readouts with their headers, and one XML header."""

from pathlib import Path
from typing import Any

import numpy as np

from csmri.formats import hdf5
from csmri.formats.errors import FileError
from csmri.formats.extras import needs
from csmri.formats.header import Header, parsed
from csmri.formats.ismrmrd_xml import header_xml
from csmri.formats.lines import Lines, numbered, scan_of_lines
from csmri.formats.scan import Scan
from csmri.formats.writing import replacing

NOISE, CALIBRATION, CALIBRATION_AND_IMAGE, REVERSE = 19, 20, 21, 22  # flags count from 1
NO_IMAGE = (NOISE, 23, 24, 26, 27, 28, 29, 30, 31)
HEADER_FIELDS = (
    "flags", "idx", "number_of_samples", "active_channels", "center_sample", "position",
    "read_dir", "phase_dir", "slice_dir", "encoding_space_ref",
)  # fmt: skip
COUNTERS = ("slice", "contrast", "phase", "repetition", "set",
            "kspace_encode_step_1", "kspace_encode_step_2")  # fmt: skip


def read(path: Path, *, average_repetitions: bool = True) -> Scan:
    """Read Cartesian k-space; each slice's lines are fetched when the slice is asked for.

    Averages are averaged; contrasts, phases and sets become frames, repetitions too unless they
    are averaged. Lines without excitation become `Scan.noise`.
    """
    with hdf5.opened(path) as file:
        group = dataset_group(file)
        if group is None:
            raise FileError(
                f"{path} holds no group with 'xml' and 'data', as ISMRMRD files do; is it a "
                "fastMRI file, or another kind of HDF5?"
            )
        header = parsed(path, hdf5.text(path, file[group]["xml"]))
        table = hdf5.checked(path, file[group]["data"])
        heads = _heads(path, table)
        noise = _noise(path, table, heads)
    if header.trajectory not in ("cartesian", "epi"):
        raise FileError(
            f"{path} holds a {header.trajectory} trajectory, expected cartesian k-space; "
            "grid it first, for instance with a non-uniform FFT"
        )
    chosen = _imaging(heads, header)
    if len(chosen) == 0:
        raise FileError(f"{path} holds no imaging lines; is it a noise or calibration scan?")
    own = heads[chosen]
    coils, samples = _uniform(path, own, "active_channels"), int(own["number_of_samples"].max())
    rows, columns, partitions = header.encoded
    if not samples <= rows <= 8 * samples:
        raise FileError(
            f"{path} declares {rows} readout samples, but its lines hold {samples}; "
            "its header is damaged or of another scan"
        )

    def samples_of(numbers: np.ndarray) -> list[np.ndarray]:
        with hdf5.opened(path) as file:
            data = _fetched(file[group]["data"], chosen[numbers])
        return [_complex(path, line, coils) for line in data]

    counters = {name: own["idx"][name].astype(int) for name in COUNTERS}
    frames = ["contrast", "phase", "set", *([] if average_repetitions else ["repetition"])]
    step_1, step_2 = counters["kspace_encode_step_1"], counters["kspace_encode_step_2"]
    lines = Lines(
        numbered(np.stack([counters[name] for name in frames], axis=-1)),
        numbered(counters["slice"][:, None]),
        step_1 + _shift(header.centre[0], columns),
        step_2 + (_shift(header.centre[1], partitions) if partitions > 1 else 0),
        _first_rows(own, rows),
        _flagged(own, REVERSE),
        samples_of,
    )
    return scan_of_lines(
        path,
        lines,
        coils,
        (rows, columns, partitions),
        oversampling=header.oversampling,
        voxel_size=_voxel_size(header, own),
        affine=_affine(header, own),
        noise=noise,
        provenance={"kind": "ISMRMRD"},
    )


def dataset_group(file: Any) -> str | None:
    """The name of the first group that holds a header and lines."""
    for name in file:
        entry = file[name]
        if hasattr(entry, "keys") and {"xml", "data"} <= set(entry.keys()):
            return str(name)
    return None


def write_scan(path: Path, scan: Scan) -> None:
    """Write the measured lines of a scan, column by column, with the noise lines before them."""
    package, h5py = needs("ismrmrd", "ISMRMRD files"), needs("h5py", "ISMRMRD files")
    if len(scan.batch_shape) > 1 or scan.readout_axis is None:
        raise FileError(
            f"got k-space of {scan.shape} with readout axis {scan.readout_axis}, expected slices "
            "(S, C, H, W) with a readout; write each frame alone"
        )
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        group = file.create_group("dataset")
        group.create_dataset("xml", data=[header_xml(scan)], dtype=h5py.string_dtype())
        table = group.create_dataset("data", (_count(scan),), package.hdf5.acquisition_dtype)
        at = 0
        for block in _blocks(scan, package.hdf5.acquisition_dtype):
            table[at : at + len(block)] = block
            at += len(block)


def _heads(path: Path, table: Any) -> np.ndarray:
    names = table.dtype.names or ()
    if table.ndim != 1 or not {"head", "data"} <= set(names):
        raise FileError(f"{path} has 'data' of {table.dtype}, expected a table of head and data")
    heads = table.fields("head")[...]
    missing = [name for name in HEADER_FIELDS if name not in (heads.dtype.names or ())]
    missing += [name for name in COUNTERS if name not in (heads["idx"].dtype.names or ())]
    if missing:
        raise FileError(f"{path} has lines without {', '.join(missing)}; is it of version 1?")
    return heads


def _flagged(heads: np.ndarray, *flags: int) -> np.ndarray:
    bits = np.uint64(sum(1 << (flag - 1) for flag in flags))
    return (heads["flags"].astype(np.uint64) & bits) != 0


def _imaging(heads: np.ndarray, header: Header) -> np.ndarray:
    """Numbers of the lines of the first encoding that make up the image."""
    image = ~_flagged(heads, *NO_IMAGE) & (heads["encoding_space_ref"] == 0)
    if not header.embedded:
        image &= ~_flagged(heads, CALIBRATION) | _flagged(heads, CALIBRATION_AND_IMAGE)
    return np.flatnonzero(image)


def _noise(path: Path, table: Any, heads: np.ndarray) -> np.ndarray | None:
    numbers = np.flatnonzero(_flagged(heads, NOISE))
    if len(numbers) == 0:
        return None
    coils = _uniform(path, heads[numbers], "active_channels")
    lines = _fetched(table, numbers)
    return np.concatenate([_complex(path, line, coils) for line in lines], axis=1)


def _fetched(table: Any, numbers: np.ndarray) -> list[Any]:
    """The samples of these lines: in one go where they lie close together."""
    if len(numbers) == 0:
        return []
    data, first, last = table.fields("data"), int(numbers.min()), int(numbers.max())
    if last - first < 2 * len(numbers) + 16:
        block = data[first : last + 1]
        return [block[number - first] for number in numbers]
    return [data[int(number)] for number in numbers]


def _uniform(path: Path, heads: np.ndarray, name: str) -> int:
    values = np.unique(heads[name])
    if len(values) != 1 or values[0] == 0:
        raise FileError(
            f"{path} has lines with {name} of {values[:5].tolist()}, expected one value"
        )
    return int(values[0])


def _complex(path: Path, data: np.ndarray, coils: int) -> np.ndarray:
    samples = np.asarray(data, np.float32)
    if samples.size == 0 or samples.size % (2 * coils):
        raise FileError(f"{path} has a line of {samples.size} numbers for {coils} coils; damaged")
    return samples.view(np.complex64).reshape(coils, -1)


def _shift(centre: int | None, count: int) -> int:
    """What brings the line of zero frequency to N//2; nothing where the header does not say."""
    return 0 if centre is None else count // 2 - centre


def _first_rows(heads: np.ndarray, rows: int) -> np.ndarray:
    """Where each line begins, so that its echo lies at N//2; 0 marks an echo that is not named."""
    centre = heads["center_sample"].astype(int)
    samples = heads["number_of_samples"].astype(int)
    reverse = _flagged(heads, REVERSE)
    centre = np.where(reverse & (centre > 0), samples - 1 - centre, centre)
    middle = (rows - samples) // 2
    return np.where((heads["center_sample"] == 0) | (samples == rows), middle, rows // 2 - centre)


def _spacing(header: Header, heads: np.ndarray) -> tuple[float, np.ndarray]:
    """Millimetres from slice to slice, and the direction: by positions if there are several."""
    positions = heads["position"].astype(float)
    numbers = heads["idx"]["slice"].astype(int)
    first, last = np.argmin(numbers), np.argmax(numbers)
    if numbers[last] > numbers[first]:
        step = (positions[last] - positions[first]) / (numbers[last] - numbers[first])
        length = float(np.linalg.norm(step))
        if np.isfinite(length) and length > 0:
            return length, step / length
    return header.encoded_mm[2], heads["slice_dir"][0].astype(float)


def _voxel_size(header: Header, heads: np.ndarray) -> tuple[float, float, float] | None:
    size = header.voxel_size
    return None if size is None else (size[0], size[1], _spacing(header, heads)[0] or size[2])


def _affine(header: Header, heads: np.ndarray) -> np.ndarray | None:
    """RAS+ millimetres of (row, column, slice), from the directions of the first slice's lines."""
    size = header.voxel_size
    first = heads[np.argmin(heads["idx"]["slice"])]
    length, along = _spacing(header, heads)
    directions = np.stack([first["read_dir"], first["phase_dir"], along], axis=1).astype(float)
    if size is None or length <= 0 or not np.isfinite(directions).all():
        return None
    if abs(abs(np.linalg.det(directions)) - 1) > 0.01:
        return None
    wanted_rows = round(header.encoded[0] / header.oversampling)
    centre = np.array([wanted_rows // 2, header.encoded[1] // 2, 0])
    affine = np.eye(4)
    affine[:3, :3] = directions * np.array([size[0], size[1], length])
    affine[:3, 3] = first["position"].astype(float) - affine[:3, :3] @ centre
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine  # the patient's left and back are ours reversed


def _count(scan: Scan) -> int:
    lines = 1 if scan.noise is not None else 0
    return lines + sum(_columns(one).sum() for one in scan)


def _columns(one: Scan) -> np.ndarray:
    """(W,) bool: which columns of a slice hold measurements."""
    if one.mask is None:
        return np.ones(one.shape[-1], bool)
    mask = np.atleast_2d(one.mask)
    if not (mask == mask[:1]).all():
        raise FileError("got a mask that varies along the readout, ISMRMRD's lines are whole")
    return mask[0]


def _blocks(scan: Scan, dtype: np.dtype) -> Any:
    """The table's entries: noise first, then slice after slice."""
    if scan.noise is not None:
        block = _empty(1, scan.coils, scan.noise.shape[1], dtype)
        block["head"]["flags"] = 1 << (NOISE - 1)
        block["data"][0] = _flat(scan.noise)
        yield block
    for number, one in enumerate(scan):
        columns = np.flatnonzero(_columns(one))
        rows = one.shape[-2]
        block = _empty(len(columns), scan.coils, rows, dtype)
        head = block["head"]
        head["center_sample"] = rows // 2
        head["idx"]["kspace_encode_step_1"] = columns
        head["idx"]["slice"] = number
        head["read_dir"], head["phase_dir"], head["slice_dir"] = np.eye(3)
        if scan.affine is not None:
            _place(head, scan, number)
        elif scan.voxel_size is not None:
            head["position"] = (0, 0, number * scan.voxel_size[2])
        for i, column in enumerate(columns):
            block["data"][i] = _flat(one.kspace[:, :, column])
        yield block


def _empty(lines: int, coils: int, samples: int, dtype: np.dtype) -> np.ndarray:
    block = np.zeros(lines, dtype)
    head = block["head"]
    head["version"], head["number_of_samples"] = 1, samples
    head["active_channels"] = head["available_channels"] = coils
    for i in range(lines):
        block["traj"][i] = np.zeros(0, np.float32)
    return block


def _flat(samples: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(samples, np.complex64).view(np.float32).reshape(-1)


def _place(head: np.ndarray, scan: Scan, number: int) -> None:
    """Directions and position of a slice, in the scanner's left-posterior-superior frame."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(scan.affine)
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    directions = affine[:3, :3] / lengths
    head["read_dir"], head["phase_dir"], head["slice_dir"] = directions.T
    rows, columns = scan.shape[-2:]
    centre = np.array([round(rows / scan.oversampling) // 2, columns // 2, number, 1])
    head["position"] = (affine @ centre)[:3]
