"""What a user installs: the wheel holds the three packages, their data, and nothing else."""

import email
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("csmri", "solvers", "learned")
# Everything a package may hold: code, types, data with its notices, records of tuning, weights.
SUFFIXES = {".cu", ".py", ".typed", ".npz", ".md", ".txt", ".json", ".safetensors", ".css"}
LARGEST_WEIGHTS = 10_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel with the backend that is installed: nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    process = subprocess.run(
        build, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(path))


def test_the_wheel_holds_the_three_packages_and_nothing_else(names):
    packaged = {name for name in names if ".dist-info/" not in name}
    in_the_tree = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packaged == in_the_tree
    assert {Path(name).suffix for name in packaged} <= SUFFIXES


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed_and_importable(names, package):
    assert {f"{package}/__init__.py", f"{package}/py.typed"} <= names


def test_the_data_and_their_notices_are_in_the_wheel(wheel, names):
    arrays = {Path(name).name for name in names if name.endswith(".npz")}
    assert arrays == {
        "s1_t1_axial.npz",
        "colin27_t1_axial.npz",
        "inia19_macaque_t1_axial.npz",
        "shoulder_t1.npz",
    }
    with zipfile.ZipFile(wheel) as archive:
        notices = "\n".join(
            archive.read(name).decode()
            for name in names
            if name.startswith("csmri/datasets/") and name.endswith((".md", ".txt"))
        )
    for owed in (
        "Regents of the University of California",
        "Colin27",
        "INIA19",
        "Rohlfing",
        "Redistribution and use in source and binary forms",
        "Permission is hereby granted, free of charge",
        "CC-BY",
    ):
        assert owed.lower() in notices.lower().replace("cc by", "cc-by"), f"no notice says {owed}"


def test_the_trained_weights_are_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        sizes = {
            Path(entry.filename).stem: entry.file_size
            for entry in archive.infolist()
            if entry.filename.startswith("learned/weights/")
            and entry.filename.endswith(".safetensors")
        }
    assert {"unet", "unrolled"} <= set(sizes)
    assert max(sizes.values()) <= LARGEST_WEIGHTS, sizes


def test_the_metadata_names_the_command_the_extras_and_the_licence(wheel, metadata):
    assert metadata["Name"] == "csmri"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "BSD-3-Clause"
    extras = {"learned", "gpu", "fast", "formats", "app", "dask", "dev"}
    assert set(metadata.get_all("Provides-Extra")) == extras
    base = {line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line}
    assert {line.split(">")[0].split("<")[0] for line in base} == {
        "array-api-compat",
        "numpy",
        "pywavelets",
        "scipy",
    }
    with zipfile.ZipFile(wheel) as archive:
        entry_points = archive.read(f"csmri-{metadata['Version']}.dist-info/entry_points.txt")
        licence = archive.read(f"csmri-{metadata['Version']}.dist-info/licenses/LICENSE")
    assert b"csmri = csmri.app.command_line:main" in entry_points
    assert b"BSD 3-Clause License" in licence


def test_the_installed_wheel_finds_its_data_and_weights(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    script = """
import csmri, learned
from csmri import datasets
print(csmri.__file__, learned.__file__, sep="\\n")
for name in datasets.names():
    print(name, datasets.load(name).images.shape)
for name in ("unet", "unrolled"):
    print(name, learned.load(name).parameters)
"""
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    assert all(Path(line).is_relative_to(tmp_path) for line in lines[:2]), lines
    assert len(lines) == 2 + 4 + 2
