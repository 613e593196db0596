"""The pictures of the README show what the demo says today."""

import json
import runpy
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.gates.tree import ROOT

# The last digits of what a network says differ from one processor to another.
LEAST_ALIKE = 0.9
MOST_APART = 1.0  # of 255, root mean square over the pixels

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "make_pictures.py"))


@pytest.fixture(scope="module")
def demo(script: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = script["run_demo"](tmp_path_factory.mktemp("pictures"))
    return folder


def test_pictures_show_what_the_demo_says(script: dict[str, Any], demo: Path) -> None:
    shown = json.loads(script["SHOWN"].read_text(encoding="utf-8"))
    today = script["what_is_shown"](demo)
    assert shown.keys() == today.keys()
    for picture, words in today.items():
        alike = SequenceMatcher(None, shown[picture], words, autojunk=False).ratio()
        assert alike >= LEAST_ALIKE, f"{picture}.png: run docs/make_pictures.py"


def test_the_photographs_are_those_of_the_demo(
    script: dict[str, Any], demo: Path
) -> None:
    with Image.open(script["PICTURES"] / "denoise.png") as picture:
        shown = np.asarray(picture.convert("RGB"), dtype=float)
    today = np.asarray(script["denoise_picture"](demo).convert("RGB"), dtype=float)
    apart = np.sqrt(np.mean((shown - today) ** 2))
    assert apart <= MOST_APART, "denoise.png: run docs/make_pictures.py"
