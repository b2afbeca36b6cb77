"""The README's Python runs as it stands there."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.skipif(not README.exists(), reason="the README is not beside the tests")
def test_the_readmes_python_runs():
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 2
    names: dict = {"__name__": "readme"}
    exec(blocks[0], names)
    assert 0 <= names["result"].gap <= 1e-3
    for block in blocks[1:]:
        exec(block, names)
