"""BART's command line, where its Debian package is installed; starting it is in the time."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from benchmarks.entrant import TOOLKIT, Entrant


def pics(regularization):
    def prepare(instance):
        folder = tempfile.TemporaryDirectory(prefix="bart-")
        at = Path(folder.name)
        write(at / "kspace", instance.kspace)
        write(at / "maps", np.ones_like(instance.kspace))
        write(at / "pattern", np.broadcast_to(instance.mask, instance.kspace.shape))

        def solve(iterations, kept=folder):  # the folder lives as long as the solver does
            command = ["bart", "pics", "-n", "-w", "1", "-i", str(iterations), "-p", at / "pattern"]
            command += ["-R", f"{regularization}:{instance.weight:g}"]
            command += [at / "kspace", at / "maps", at / "image"]
            subprocess.run(command, check=True, capture_output=True)
            return read(at / "image", instance.kspace.shape)

        return solve

    return prepare


def write(path, values):
    """A .cfl file: complex64 in Fortran order, its sizes in a .hdr file."""
    path.with_suffix(".hdr").write_text("# Dimensions\n" + " ".join(map(str, values.shape)) + "\n")
    values.astype(np.complex64).T.tofile(path.with_suffix(".cfl"))


def read(path, shape):
    return np.fromfile(path.with_suffix(".cfl"), np.complex64).reshape(shape[::-1]).T


def missing():
    return "" if shutil.which("bart") else "the command bart is not installed"


ENTRANTS = (
    Entrant(
        "BART pics -R W",
        TOOLKIT,
        ("wavelet",),
        pics("W:3:0"),
        missing=missing,
        note="as shipped, -n -w 1: its wavelet is not db4; another problem",
        another_problem=True,
    ),
    Entrant(
        "BART pics -R T",
        TOOLKIT,
        ("tv",),
        pics("T:3:0"),
        missing=missing,
        note="as shipped, -w 1, ADMM with its defaults; stalls near 1e-2 of our objective",
        another_problem=True,
    ),
)
