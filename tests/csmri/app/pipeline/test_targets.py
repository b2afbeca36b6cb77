"""Where images go, what makes an output anew, and how many workers there may be."""

import os

import numpy as np
import pytest
from raw_files import SOME_COLUMNS, small_scan

from csmri import formats
from csmri.app import pipeline
from csmri.app.pipeline import Recipe, threads


def run(source, output, **options):
    wanted = pipeline.targets([source], output)
    return pipeline.reconstruct(wanted, Recipe("zero-filled"), threads(1), **options)


def test_inputs_of_the_same_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="two inputs have the same name"):
        pipeline.targets([tmp_path / "a.npy", tmp_path / "a.npz"], tmp_path / "out", ".npy")


@pytest.mark.parametrize("name", ["x.tif", "one.NII.GZ"])
def test_a_suffix_that_is_not_known_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"expected a name ending in \.nii\.gz, .*or a folder"):
        pipeline.targets([tmp_path / "a.npy"], tmp_path / name)
    (tmp_path / name).mkdir()
    (found,) = pipeline.targets([tmp_path / "a.npy"], tmp_path / name, ".npy")
    assert found.output == tmp_path / name / "a.npy"


def test_several_inputs_are_not_written_to_one_file(tmp_path):
    sources = [tmp_path / "a.npy", tmp_path / "b.npy"]
    with pytest.raises(ValueError, match=r"got the file .*q\.npy for several inputs"):
        pipeline.targets(sources, tmp_path / "q.npy")
    found = pipeline.targets(sources, tmp_path / "q", ".npy")
    assert [target.output.name for target in found] == ["a.npy", "b.npy"]


def test_a_pair_keeps_a_name_with_a_dot(tmp_path):
    formats.write_scan(tmp_path / "a.b.cfl", small_scan())
    for name in ("a.b", "a.b.hdr", "a.b.cfl"):
        (found,) = pipeline.targets([tmp_path / name], tmp_path / "out", ".npy")
        assert found.output == tmp_path / "out" / "a.b.npy"


def test_a_mask_of_another_content_makes_the_output_anew(tmp_path):
    source, output, mask = (tmp_path / name for name in ("in.npy", "out.npy", "mask.npy"))
    formats.write_scan(source, small_scan(coils=1))
    reading = pipeline.Reading(mask=str(mask))
    np.save(mask, np.ones(10, bool))
    run(source, output, reading=reading)
    whole = np.load(output)
    assert run(source, output, reading=reading).resumed == 3
    np.save(mask, SOME_COLUMNS)
    assert run(source, output, reading=reading).done == 3
    assert not np.allclose(np.load(output), whole)


@pytest.mark.parametrize(
    ("name", "stem"), [("c.hdr", "c"), ("c.cfl", "c"), ("c", "c"), ("a.b", "a.b")]
)
def test_new_data_behind_any_name_of_a_pair_make_the_output_anew(tmp_path, name, stem):
    header, data = tmp_path / f"{stem}.hdr", tmp_path / f"{stem}.cfl"
    output = tmp_path / "out.npy"
    formats.write_scan(data, small_scan(coils=1))
    run(tmp_path / name, output)
    first = np.load(output)
    assert run(tmp_path / name, output).resumed == 3
    time = header.stat().st_mtime_ns
    formats.write_scan(data, small_scan(coils=1, seed=7))
    os.utime(header, ns=(time, time))
    assert run(tmp_path / name, output).done == 3
    assert not np.allclose(np.load(output), first)


@pytest.mark.parametrize("engine", [threads, pipeline.dask_workers])
@pytest.mark.parametrize("count", [0, -2])
def test_less_than_one_worker_is_refused(engine, count):
    with pytest.raises(ValueError, match=f"got {count} workers, expected at least 1"):
        engine(count)
