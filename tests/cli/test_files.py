"""What commands write replaces nothing that somebody else has made."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from recs_anomaly.cli import main
from recs_anomaly.cli._files import TABLE, check_model_output, check_output
from recs_anomaly.exceptions import InputError


def run(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture
def pump(tmp_path: Path, rng: np.random.Generator) -> Path:
    times = pd.date_range("2026-01-01", periods=300, freq="5min", name="time")
    path = tmp_path / "pump.csv"
    pd.DataFrame({"flow": rng.normal(size=300)}, index=times).to_csv(path)
    return path


@pytest.mark.parametrize(
    "words",
    [
        ("anomaly", "train", "{}", "-o", "{}"),
        ("anomaly", "report", "{}", "-o", "{}"),
        ("anomaly", "report", "{}", "-o", "{}.html", "--events", "{}"),
        ("recommend", "train", "{}", "-o", "{}"),
        ("recommend", "report", "{}", "-o", "{}"),
    ],
    ids=" ".join,
)
def test_an_input_is_no_output(words: tuple[str, ...], pump: Path) -> None:
    before = pump.read_bytes()
    found = run(*(word.format(pump) for word in words))
    assert found.exit_code == 2
    assert found.output.startswith("Error: the output must ")
    assert found.output.count("\n") == 1
    assert pump.read_bytes() == before
    assert [path.name for path in pump.parent.iterdir()] == ["pump.csv"]


def test_another_spelling_of_an_input_is_none_either(pump: Path) -> None:
    other = pump.parent / "." / "link.csv"
    other.symlink_to(pump)
    with pytest.raises(InputError, match="must be another file than what it is made"):
        check_output(other, None, 3, str(pump))
    check_output(other, None, pump.parent, pump.parent / "absent.csv")


def test_tables_and_pages_are_called_what_they_are(pump: Path) -> None:
    found = run("anomaly", "report", pump, "-o", pump.parent / "page.pdf")
    assert found.exit_code == 2
    assert "the output must end in .html or .htm; got " in found.output
    with pytest.raises(InputError, match=r"must end in \.csv; got '.*scores\.xlsx'"):
        check_output(pump.parent / "scores.xlsx", endings=TABLE)
    check_output(pump.parent / "scores.CSV", endings=TABLE)
    check_output(Path("/dev/null"), endings=TABLE)


def test_a_model_takes_the_place_of_models_alone(tmp_path: Path, pump: Path) -> None:
    with pytest.raises(InputError, match=r"take the place of a model file; .*is none"):
        check_model_output(pump)
    empty = tmp_path / "new.recs"
    empty.touch()
    check_model_output(empty)
    check_model_output(tmp_path / "model")
