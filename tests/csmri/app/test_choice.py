from importlib.util import find_spec

import pytest

from csmri.app import choice, networks
from csmri.app.choice import METHODS, methods_at_hand, methods_named


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """A module of the working directory."""
    (tmp_path / "mine_of_the_test.py").write_text(
        "from csmri import MaskedFourier\n"
        "def half(y, mask, maps=None):\n"
        "    return 0.5 * MaskedFourier(mask, maps).adjoint(y)\n"
        "half.persons = ('s1',)\n"
        "class Box:\n"
        "    inner = half\n"
        "number = 3\n"
        "def alone(y): return y\n"
        "def one(y, mask): return y\n"
        "one.persons = 's1'\n"
        "def missing(): import nowhere_to_be_found\n"
    )
    (tmp_path / "broken_of_the_test.py").write_text("import nowhere_to_be_found\n")
    (tmp_path / "faulty_of_the_test.py").write_text("1 / 0\n")
    (tmp_path / "other_of_the_test.py").write_text("def half(y, mask, maps=None): return y\n")
    monkeypatch.chdir(tmp_path)
    return "mine_of_the_test"


def test_an_own_function_is_a_method_with_the_persons_it_tells(own_module, volumes, cases):
    (method,) = methods_named([f"{own_module}:half"])
    assert method.family == "own"
    assert method.title == "half"
    assert method.fits[0].budget.persons == ("s1",)
    acquired = cases[0].acquire(volumes[0], 0)
    assert method.fits[0].reconstruct(acquired.kspace, acquired.mask).shape == (64, 64)


def test_an_own_function_may_be_an_attribute_of_something(own_module):
    (method,) = methods_named([f"{own_module}:Box.inner"])
    assert method.title == "Box.inner"


def test_one_person_may_be_told_by_name_alone(own_module):
    (method,) = methods_named([f"{own_module}:one"])
    assert method.fits[0].budget.persons == ("s1",)


def test_functions_of_one_name_are_told_apart_by_their_modules(own_module):
    names = [f"{own_module}:half", "other_of_the_test:half", f"{own_module}:Box.inner"]
    assert [method.title for method in methods_named(names)] == [*names[:2], "Box.inner"]


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("nowhere_to_be_found:f", ValueError, "No module named 'nowhere_to_be_found'"),
        ("mine_of_the_test:nothing", ValueError, "has no attribute 'nothing'"),
        ("mine_of_the_test:number", ValueError, "which is a int, expected a function"),
        ("mine_of_the_test:Box", ValueError, "which is the class Box, expected a function"),
        ("mine_of_the_test.py:half", ValueError, "write mine_of_the_test:half"),
        ("mine_of_the_test:alone", ValueError, r"of \(y\), expected one of \(y, mask, maps=None\)"),
        ("faulty_of_the_test:f", ValueError, "its module fails: ZeroDivisionError"),
        ("broken_of_the_test:f", ModuleNotFoundError, "nowhere_to_be_found"),
    ],
)
def test_what_is_no_reconstruction_is_named(own_module, name, error, message):
    with pytest.raises(error, match=message):
        methods_named([name])


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"got the methods magic, expected some of zero-filled"):
        methods_named(["tv", "magic"])
    with pytest.raises(ValueError, match=r"got the methods \(none\)"):
        methods_named([])


def test_a_file_of_weights_that_is_not_there_is_named(tmp_path):
    pytest.importorskip("torch", reason="networks need torch")
    with pytest.raises(FileNotFoundError, match=r"none\.safetensors"):
        methods_named([str(tmp_path / "none.safetensors")])


def test_a_network_without_torch_says_what_to_install_and_the_rest_goes_on(monkeypatch):
    monkeypatch.setattr(
        networks, "find_spec", lambda name: None if name == "torch" else find_spec(name)
    )
    with pytest.raises(ModuleNotFoundError, match=r"needs torch: pip install 'csmri\[learned\]'"):
        methods_named(["unrolled"])
    methods, notes = methods_at_hand()
    assert [method.name for method in methods] == [n for n in METHODS if n in choice.MADE]
    assert len(notes) == len(networks.NETWORKS)
    told = "Left out: the method 'unrolled' is a network and needs torch"
    assert any(note.startswith(told) for note in notes)


def test_weights_that_are_not_there_are_left_out_with_a_note(monkeypatch):
    pytest.importorskip("torch", reason="networks need torch")
    absent = networks.Network("Absent", ("absent", "absent_colin27"))
    monkeypatch.setattr(networks, "NETWORKS", {"unet": absent})
    monkeypatch.setattr(choice, "NETWORKS", {"unet": absent})
    monkeypatch.setattr(choice, "METHODS", ("zero-filled", "unet"))
    methods, notes = methods_at_hand()
    assert [method.name for method in methods] == ["zero-filled"]
    assert notes == [
        "Left out: the weights of the method 'unet' are not there (absent.safetensors); "
        "make them with: csmri train, or choose other methods with --methods."
    ]
    with pytest.raises(FileNotFoundError, match="the weights of the method 'unet'"):
        methods_named(["unet"])


@pytest.mark.parametrize(
    "name",
    ["unet", "unrolled", "refined", "refined-unet", "refined-long-flips", "learned-wavelet"],
)
def test_the_shipped_networks_are_methods_with_their_training(name, volumes, cases):
    pytest.importorskip("torch", reason="networks need torch")
    (method,) = methods_named([name])
    assert method.family == "learned"
    fit = method.fits[0]
    assert "s1" in fit.budget.persons
    assert "steps" in fit.budget.text
    begun = dict.fromkeys(("refined", "refined-long-flips"), "refined_sixteen")
    begun["refined-unet"] = "unet"
    initial = begun.get(name, "nothing")
    assert (f"begun with {initial} (" in fit.budget.text) == (name in begun)
    assert [set(each.budget.persons) for each in method.fits] == [{"s1"}, {"colin27"}]
    assert len(fit.budget.record["weights_sha256"]) == 64
    acquired = cases[0].acquire(volumes[0], 0)
    assert fit.reconstruct(acquired.kspace, acquired.mask).shape == (64, 64)
