"""The repository as a stranger finds it: about the project alone, and true to what is there."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LARGEST = {".safetensors": 10_000_000, ".npz": 2_000_000, ".png": 2_000_000}
LARGEST_TEXT = 150_000

# Written so that no pattern matches its own line.
FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.~])/(?:home|mnt|opt|root|srv|work|Users)/\w"),
    "a registry's address": re.compile(
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|debian\.org|index[-_]url|find[-_]links",
        re.IGNORECASE,
    ),
    "how the work was organised": re.compile(
        r"\bissues? #?\d|shared[/]design|DEVELOPERS[.]md|\bthis[ ]session\b", re.IGNORECASE
    ),
    "a conflict or work left undone": re.compile(
        r"^(?:<{7}|>{7}) |\b(?:TO[D]O|FIX[M]E|X{3}|HA[C]K)\b", re.M
    ),
}


def tracked_files() -> list[Path]:
    """List the files of the checkout."""
    git = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if git.returncode:
        pytest.skip("no git checkout: which files are the project's own cannot be told")
    paths = (ROOT / name for name in git.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="module")
def files():
    return tracked_files()


@pytest.fixture(scope="module")
def texts(files):
    """The text of every file that is text, by its path in the repository."""
    binary = set(LARGEST)
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in files
        if path.suffix not in binary
    }


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("meaning", FOREIGN)
def test_the_text_speaks_of_the_project_alone(texts, meaning):
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()!r}"
        for name, text in texts.items()
        for match in FOREIGN[meaning].finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("meaning", "text"),
    [
        ("a path of one machine", "read from " + "/".join(["", "home", "someone", "data"])),
        ("a registry's address", "pip install --" + "-".join(["extra", "index", "url"])),
        ("how the work was organised", "as asked in " + "issue" + " 12"),
        ("a conflict or work left undone", "<" * 7 + " HEAD"),
    ],
)
def test_what_is_foreign_would_be_found(meaning, text):
    assert FOREIGN[meaning].search(text)


def test_no_file_is_larger_than_its_kind_allows(files):
    sizes = {path: (path.stat().st_size, LARGEST.get(path.suffix, LARGEST_TEXT)) for path in files}
    assert {path: size for path, (size, most) in sizes.items() if size > most} == {}


def test_every_text_ends_with_one_newline(texts):
    assert [name for name, text in texts.items() if text and not text.endswith("\n")] == []


def linked_targets(markdown: str) -> list[str]:
    """List what a Markdown text links to or shows, fenced code left out."""
    prose = re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"\]\(\s*<?([^)\s>]+)", prose) + re.findall(
        r"(?:src|href)=\"([^\"]+)\"", prose
    )


def anchors(markdown: str) -> set[str]:
    """Give the anchors of the headings of a Markdown text, as they are made for a page."""
    headings = re.findall(r"^#+\s+(.+?)\s*$", markdown, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_within_the_repository_lead_somewhere(texts):
    broken = []
    for name, text in texts.items():
        if not name.endswith(".md"):
            continue
        for target in linked_targets(text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            linked = (ROOT / name).parent / path if path else ROOT / name
            if not linked.exists():
                broken.append(f"{name} links to {target}")
            elif anchor and anchor not in anchors(linked.read_text(encoding="utf-8")):
                broken.append(f"{name} links to {target}, which has no such heading")
    assert broken == []


def test_the_links_of_a_text_are_seen():
    text = '# A `b` c\n[one](x.md#a-b-c) ![two](y.png) <img src="z.png">\n```\n[no](n.md)\n```\n'
    assert linked_targets(text) == ["x.md#a-b-c", "y.png", "z.png"]
    assert anchors(text) == {"a-b-c"}


def test_the_make_targets_that_the_readme_names_exist(texts):
    targets = set(re.findall(r"^([a-z]+):", texts["Makefile"], flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=`|\s*(?:#|$))", texts["README.md"], re.MULTILINE))
    assert named
    assert named <= targets


def test_the_ci_script_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_tests_are_no_packages(texts):
    """A tests/csmri/__init__.py would hide the package csmri from every test."""
    hiding = [name for name in texts if re.fullmatch(r"tests/(?:.*/)?__init__\.py", name)]
    assert hiding == []


def test_constraints_are_exact_versions_and_nothing_else(texts):
    lines = [line for line in texts["constraints.txt"].splitlines() if not line.startswith("#")]
    exact = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.]*")
    assert [line for line in lines if not exact.fullmatch(line)] == []
    names = [canonicalize_name(line.split("==")[0]) for line in lines]
    assert len(names) == len(set(names))


def test_every_requirement_is_pinned_within_its_range(texts, project):
    pinned = {
        canonicalize_name(line.split("==")[0]): line.split("==")[1]
        for line in texts["constraints.txt"].splitlines()
        if "==" in line
    }
    extras = project["optional-dependencies"]
    groups = [project["dependencies"], *(extras[name] for name in extras if name != "gpu")]
    for requirement in (Requirement(line) for group in groups for line in group):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in constraints.txt"
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_the_packages_ship_their_types(texts):
    assert {f"{package}/py.typed" for package in ("csmri", "solvers", "learned")} <= set(texts)
