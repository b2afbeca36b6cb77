"""Arrays that come and go in an iteration do not cost new pages of memory each time."""

import os
import platform
import subprocess
import sys

import pytest

ROUNDS = 100
ARRAYS_COME_AND_GO = f"""
import resource
import numpy as np
import csmri.kernels

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

x = np.ones((256, 256), "complex64")
before = faults()
for _ in range({ROUNDS}):
    a = x + x
    b = a * a
    c = a + b
    del a, b, c
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_freed_arrays_leave_their_memory_to_the_next():
    result = subprocess.run(
        [sys.executable, "-c", ARRAYS_COME_AND_GO],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        # Others of these tests start Dask, which leaves its wishes for its workers' memory here.
        env={k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")},
    )
    pages_of_an_array = 8 * 256 * 256 // 4096
    assert int(result.stdout) < ROUNDS * pages_of_an_array // 4
