"""The pictures of the README show what the demo says today."""

import json
import runpy
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from tests.gates.tree import ROOT

# The last digits of what a network says differ from one processor to another.
LEAST_ALIKE = 0.9


@pytest.mark.slow
def test_pictures_show_what_the_demo_says(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "docs" / "make_pictures.py"))
    shown = json.loads(script["SHOWN"].read_text(encoding="utf-8"))
    today = script["what_is_shown"](script["run_demo"](tmp_path))
    assert shown.keys() == today.keys()
    for picture, words in today.items():
        alike = SequenceMatcher(None, shown[picture], words, autojunk=False).ratio()
        assert alike >= LEAST_ALIKE, f"{picture}.png: run docs/make_pictures.py"
