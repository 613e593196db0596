"""recommend similar: by title or id, as tables, JSON and CSV."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.fitted import sample_recommender

Run = Callable[..., Result]


@pytest.mark.parametrize("asked", ["8", "id:8", "whistling otter", "Whistlin Oter"])
def test_a_title_or_an_id_finds_its_like(
    run: Run, model_file: Path, asked: str
) -> None:
    result = run("recommend", "similar", model_file, asked, "-n", "2", "--json")
    assert json.loads(result.stdout) == {
        "item_id": 8,
        "title": "The Whistling Otter (1988)",
        "similar": sample_recommender().similar(8, 2).to_dict("records"),
    }


def test_a_table_names_what_it_is_about(run: Run, model_file: Path) -> None:
    result = run("recommend", "similar", model_file, "whistling otter", "-n", "2")
    lines = result.stdout.splitlines()
    best = sample_recommender().similar(8, 1).iloc[0]
    assert lines[0] == "Like The Whistling Otter (1988)"
    assert best["title"] in lines[2]
    assert f"{best['score']:.2f}" in lines[2]


def test_csv_has_a_row_an_item(run: Run, model_file: Path) -> None:
    result = run("recommend", "similar", model_file, "8", "-n", "2", "--csv")
    assert len(result.stdout.splitlines()) == 3


def test_an_unknown_title_is_one_sentence(run: Run, model_file: Path) -> None:
    result = run("recommend", "similar", model_file, "Otters")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: 'Otters' is no title among the 600")
