"""Generated series: rhythm, gaps and faults as promised, and the shipped sample."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.datasets import load_sample_series, make_series
from recs_anomaly.datasets._series_world import DAY, FAULTS, WORLDS, sluggish
from recs_anomaly.datasets.paths import sample_path
from recs_anomaly.exceptions import InputError

MAKE_SAMPLE = Path(__file__).parents[2] / "datasets" / "series" / "make_sample.py"


def test_the_sample_is_as_its_card_says() -> None:
    values, labels, events = load_sample_series()
    assert list(values) == [channel.name for channel in WORLDS["machine"]]
    assert values.index.is_monotonic_increasing
    assert set(events["kind"]) == set(FAULTS)
    assert events["start"].min() - values.index[0] > pd.Timedelta("10D")
    assert 0.03 < labels.mean() < 0.15
    assert 10 < values.isna().to_numpy().sum() < 200
    assert (values.index.to_series().diff() > pd.Timedelta("3h")).sum() == 1
    assert "CC0" in sample_path("series/README.md").read_text(encoding="utf-8")


def test_the_script_beside_the_sample_makes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(MAKE_SAMPLE), str(tmp_path)])
    runpy.run_path(str(MAKE_SAMPLE), run_name="__main__")
    for name in ("machine.csv.gz", "events.csv"):
        pd.testing.assert_frame_equal(
            pd.read_csv(tmp_path / name), pd.read_csv(sample_path(f"series/{name}"))
        )


@pytest.mark.parametrize("kind", WORLDS)
def test_labels_are_the_rows_of_the_events(kind: str) -> None:
    values, labels, events = make_series(kind, 4000, 6, random_state=1)
    expected = pd.Series(False, index=values.index, name="label")
    for event in events.itertuples():
        expected.loc[event.start : event.end] = True
    pd.testing.assert_series_equal(labels, expected)
    assert len(events) == 6
    assert events["start"].is_monotonic_increasing


def test_a_fault_changes_its_channel_and_no_other() -> None:
    sound = make_series("server", 3000, 0, random_state=3).values
    # With no fault the generator draws the same world.
    broken, labels, events = make_series("server", 3000, 3, random_state=3)
    both = sound.index.intersection(broken.index)
    differs = (sound.loc[both] - broken.loc[both]).abs() > 1e-9
    hurt = events["channel"].unique()
    assert not differs.drop(columns=hurt).to_numpy().any()
    assert not differs[~labels.loc[both]].to_numpy().any()
    for event in events.itertuples():
        assert differs.loc[event.start : event.end, event.channel].mean() > 0.4


def test_days_and_weeks_repeat() -> None:
    load = make_series("server", 14 * DAY, 0, random_state=0).values["requests_per_s"]
    by_hour = load.groupby(load.index.hour).mean()
    assert by_hour.max() > 2 * by_hour.min()
    assert load[load.index.day_of_week >= 5].mean() < 0.8 * load.mean()


def test_one_seed_one_series() -> None:
    first, again, other = (make_series(random_state=seed).values for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not np.allclose(first.iloc[:9, 0], other.iloc[:9, 0])


def test_a_sluggish_sensor_by_hand() -> None:
    np.testing.assert_allclose(sluggish(np.array([0.0, 4, 4]), 1.0), [0, 2, 3])


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("pump",), "kind must be one of"),
        (("machine", 10), "n_rows must be an integer of at least 576"),
        (("machine", 1000, -1), "n_faults must be an integer of at least 0"),
        (("machine", 1000, 9), "n_faults must leave 176 rows"),
    ],
)
def test_sizes_that_do_not_fit(arguments: tuple[object, ...], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        make_series(*arguments)
