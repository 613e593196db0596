"""Sample files are found beside the package and in the checkout alike."""

from pathlib import Path

import pytest

from recs_anomaly.datasets import _samples
from recs_anomaly.exceptions import InputError


def test_a_checkout_keeps_its_samples_in_the_top_level_folder() -> None:
    path = _samples.sample_path("README.md")
    assert path == Path(__file__).resolve().parents[2] / "datasets" / "README.md"


def test_an_installed_wheel_keeps_them_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ratings.csv").touch()
    monkeypatch.setattr(_samples, "_IN_WHEEL", tmp_path)
    assert _samples.sample_path("ratings.csv") == tmp_path / "ratings.csv"


def test_an_unknown_name_says_where_it_was_looked_for() -> None:
    with pytest.raises(InputError, match=r"file in .*datasets; got 'no\.csv'\.$"):
        _samples.sample_path("no.csv")
