"""The code that the documentation shows, and the example."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]


def blocks(path):
    return re.findall(r"```python\n(.*?)```", (ROOT / path).read_text(), re.DOTALL)


@pytest.mark.parametrize("path", ["README.md", "docs/python.md"])
def test_code_blocks_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"p": torch.softmax(torch.randn(128, 5), -1).requires_grad_()}  # the two lines of the README ask for it
    found = blocks(path)
    assert found
    for block in found:
        exec(compile(block, path, "exec"), names)
    assert names["K"].shape in ((100, 80), (128, 128))


def test_what_the_docs_show_of_an_error():
    import halogram as hg

    with pytest.raises(hg.FormulaError) as caught:
        hg.gram("exp(-gamma * l2(x, y))", np.zeros((2, 3)), gamma=1.0)
    shown = re.search(r"halogram.FormulaError: (.*?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)[1]
    assert str(caught.value).rstrip() == shown.rstrip()


def test_the_example_trains_and_draws(tmp_path):
    plot = tmp_path / "digits.png"
    example = ROOT / "examples/python/train_digits.py"
    done = subprocess.run(
        [sys.executable, example, "--steps", "60", "--output", plot], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert float(re.search(r"alignment (\S+),", done.stdout)[1]) > 0.4
    assert plot.stat().st_size > 10_000
