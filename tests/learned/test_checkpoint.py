import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from learned.architectures import (
    PrimalDualArchitecture,
    UNetArchitecture,
    UnrolledArchitecture,
    WaveletThresholdsArchitecture,
    from_record,
    to_record,
)
from learned.checkpoint import (
    FORMAT,
    Record,
    digest,
    load_network,
    load_weights,
    named_tensors,
    read,
    refuse_shared_persons,
    save_network,
)

SMALL = UnrolledArchitecture(iterations=2, channels=8, layers=3)


@pytest.fixture
def saved(tmp_path):
    network = SMALL.build()
    path = tmp_path / "network.safetensors"
    record = Record(SMALL, persons=("s1",), training={"steps": 7}, versions={"torch": "2"})
    save_network(path, network, record)
    return path, network, record


def test_a_network_comes_back_bit_for_bit_with_its_record(saved):
    path, network, record = saved
    loaded, found = load_network(path)
    assert found == record
    assert not loaded.training
    for name, tensor in named_tensors(network).items():
        assert torch.equal(named_tensors(loaded)[name], tensor)


@pytest.mark.parametrize(
    "architecture",
    [
        UnrolledArchitecture(iterations=3, channels=8, layers=2, norm="none", shared=True),
        UnrolledArchitecture(iterations=1, channels=8, layers=2, norm="batch"),
        PrimalDualArchitecture(iterations=2, channels=8, layers=2),
        WaveletThresholdsArchitecture(iterations=2, wavelets=("haar", "db2"), levels=2),
        UNetArchitecture(widths=(8, 16), norm="instance", consistency="soft"),
        UNetArchitecture(widths=(8, 16), consistency="hard", finish=2),
    ],
)
def test_every_architecture_can_be_saved(tmp_path, architecture):
    network = architecture.build()
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.add_(torch.randn_like(tensor))
    save_network(tmp_path / "n", network, Record(architecture))
    loaded, record = load_network(tmp_path / "n")
    assert record.architecture == architecture
    state = network.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in loaded.state_dict().items())


def test_half_precision_halves_the_file_and_loads_as_float32(saved, tmp_path):
    path, network, record = saved
    half = tmp_path / "half.safetensors"
    save_network(half, network, record, storage=torch.float16)
    loaded, _ = load_network(half)
    assert half.stat().st_size < 0.75 * path.stat().st_size
    for name, tensor in named_tensors(network).items():
        found = named_tensors(loaded)[name]
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, tensor, rtol=1e-3, atol=1e-6)


def test_saving_leaves_nothing_but_the_file(saved):
    path, _, _ = saved
    assert [child.name for child in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_refused(saved, share):
    path, _, _ = saved
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="truncated or no safetensors file"):
        load_network(path)


def test_a_flipped_bit_is_noticed(saved):
    path, _, _ = saved
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="corrupt"):
        load_network(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.ones(2)}, path)
    with pytest.raises(ValueError, match="something else: got format None"):
        load_network(path)


def test_a_picture_is_no_network(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(ValueError, match="no safetensors file"):
        load_network(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"learned\.train"):
        load_network(tmp_path / "nothing")


def test_weights_of_another_architecture_are_refused_and_change_nothing(saved):
    path, _, _ = saved
    other = UnrolledArchitecture(iterations=2, channels=16, layers=3).build()
    before = [tensor.clone() for tensor in other.parameters()]
    with pytest.raises(ValueError, match=r"another architecture: got \(8,\)"):
        load_weights(other, read(path)[0], source="this file")
    assert all(torch.equal(a, b) for a, b in zip(before, other.parameters(), strict=True))


def test_architectures_from_the_future_are_refused():
    with pytest.raises(ValueError, match="family 'diffusion'"):
        from_record({"family": "diffusion"})
    with pytest.raises(ValueError, match="unknown settings"):
        from_record(to_record(SMALL) | {"attention": True})
    with pytest.raises(ValueError, match="norm 'spectral'"):
        UnrolledArchitecture(norm="spectral").build()
    with pytest.raises(ValueError, match="consistency 'firm'"):
        UNetArchitecture(consistency="firm").build()


def test_architectures_survive_json():
    for architecture in (SMALL, UNetArchitecture(widths=(8, 16))):
        assert from_record(json.loads(json.dumps(to_record(architecture)))) == architecture


def test_evaluation_on_a_person_it_was_trained_on_is_refused_unless_asked_for(saved):
    path, _, _ = saved
    with pytest.raises(ValueError, match="s1 both for training and for evaluation"):
        load_network(path, evaluate_on=["colin27", "S1"])
    load_network(path, evaluate_on=["S1"], allow_seen=True)
    load_network(path, evaluate_on=["colin27"])


def test_a_person_on_both_sides_of_a_split_is_refused():
    with pytest.raises(ValueError, match="different persons"):
        refuse_shared_persons(("s1", "anna"), ("Anna",))
    with pytest.raises(ValueError, match="inia19 both"):
        refuse_shared_persons(("macaque",), ("INIA19",))
    refuse_shared_persons(("s1",), ("colin27",))


def test_one_name_is_a_person_and_not_its_letters(saved):
    path, _, _ = saved
    with pytest.raises(ValueError, match="s1 both"):
        load_network(path, evaluate_on="S1")
    with pytest.raises(ValueError, match="alice both"):
        refuse_shared_persons("alice", "Alice")
    with pytest.raises(TypeError, match="got 1 among the names"):
        refuse_shared_persons(("s1",), (1,))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": None}, "corrupt"),
        ({"record": None}, "no record, or a damaged one"),
        ({"record": "{}"}, "no record, or a damaged one .*architecture"),
        ({"record": "[]"}, "no record, or a damaged one"),
        ({"record": '{"architecture"'}, "no record, or a damaged one"),
        ({"record": json.dumps({"architecture": to_record(SMALL)})}, "damaged one .*persons"),
        (
            {"record": json.dumps({"architecture": to_record(SMALL), "persons": [1]})},
            "damaged one .*got 1 among the names",
        ),
    ],
)
def test_damaged_metadata_are_told(saved, changes, message):
    path, _, record = saved
    tensors = load_file(path)
    metadata = {"format": FORMAT, "record": record.to_json(), "sha256": digest(tensors)} | changes
    save_file(tensors, path, {name: text for name, text in metadata.items() if text is not None})
    with pytest.raises(ValueError, match=message):
        read(path)
