"""Damaged, truncated and foreign files: our own error, at once, and no absurd memory.

CSMRI_FUZZ_CASES sets how many damaged files of each kind are tried.
"""

import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_files import small_scan, twix_of
from scipy import io

from csmri import formats
from csmri.formats import FileError

CASES = int(os.environ.get("CSMRI_FUZZ_CASES", "40"))
MOST_MEMORY = 32_000_000  # bytes; the files have a few thousand

NAMES = {
    "fastmri": "scan.h5",
    "ismrmrd": "scan.mrd",
    "twix": "scan.dat",
    "cfl": "scan.cfl",
    "npy": "scan.npy",
    "npz": "scan.npz",
    "mat": "scan.mat",
}

fuzzed = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def write_sound(folder, kind):
    """A sound file of each kind, a few thousand bytes long."""
    path = folder / NAMES[kind]
    scan = small_scan(slices=2)
    if kind == "twix":
        path.write_bytes(twix_of(scan))
    elif kind == "mat":
        io.savemat(path, {"kspace": scan.kspace, "mask": np.ones(10)}, do_compression=True)
    else:
        formats.write_scan(path, scan, kind=kind)
    return path


def read_whole(path):
    """All of a file, as a reconstruction would read it; our own error counts as an answer."""
    try:
        scan = formats.read(path)
        for one in scan:
            assert one.kspace.shape == scan.shape[-3:]
    except FileError as error:
        return str(error)
    return ""


def require_little_memory(path):
    """Read under a meter that sees what NumPy and Python allocate."""
    tracemalloc.start()
    try:
        said = read_whole(path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    return said


@pytest.fixture(scope="module", params=list(NAMES))
def sound(request, tmp_path_factory):
    """A sound file and its bytes, for every kind."""
    if request.param in ("fastmri", "ismrmrd"):
        pytest.importorskip("h5py", reason="HDF5 needs h5py")
    path = write_sound(tmp_path_factory.mktemp(request.param), request.param)
    assert read_whole(path) == ""
    return path, path.read_bytes()


@fuzzed
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(sound, cut):
    path, content = sound
    path.write_bytes(content[: int(cut * len(content))])
    said = require_little_memory(path)
    assert said or cut > 0.9  # the very end may be padding


@fuzzed
@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)),
        min_size=1,
        max_size=6,
    ),
    near_the_start=st.booleans(),
)
def test_a_damaged_file_is_read_or_refused(sound, damage, near_the_start):
    path, content = sound
    damaged = bytearray(content)
    reach = min(len(content), 700) if near_the_start else len(content)
    for place, written in damage:
        at = int(place * reach)
        damaged[at : at + len(written)] = written
    path.write_bytes(damaged)
    require_little_memory(path)


def test_an_archive_that_declares_a_huge_member_is_given_no_room_for_it(tmp_path):
    path = write_sound(tmp_path, "npz")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")  # of the directory; then its two sizes at bytes 20 to 28
    content[entry + 20 : entry + 28] = 2 * (1 << 28).to_bytes(4, "little")
    path.write_bytes(content)
    assert "scan.npz" in require_little_memory(path)
