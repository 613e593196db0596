"""Labelled series: which rows are for training, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from recs_anomaly.datasets import (
    benchmark_files,
    data_home,
    read_benchmark_series,
)
from recs_anomaly.exceptions import InputError


def written(
    folder: Path, name: str, n_rows: int, abnormal: tuple[int, ...] = ()
) -> Path:
    labels = np.zeros(n_rows, int)
    labels[list(abnormal)] = 1
    rows = [f"{row},{row / 2},{label}" for row, label in enumerate(labels)]
    path = folder / name
    path.write_text("\n".join(["timestamp,value,Label", *rows]) + "\n")
    return path


def test_time_is_no_channel(tmp_path: Path) -> None:
    series = read_benchmark_series(written(tmp_path, "a.csv", 40, (30, 31)))
    assert series.name == "a"
    assert series.values.tolist() == [[row / 2] for row in range(40)]
    assert np.flatnonzero(series.labels).tolist() == [30, 31]


@pytest.mark.parametrize(
    ("name", "n_rows", "first", "expected"),
    [
        ("001_NAB_id_1_Facility_tr_1007_1st_2014.csv", 2100, 2014, 1007),
        ("136_UCR_Anomaly_Bleeding_1600_1998_2009.csv", 2100, 1998, 1600),
        ("short_tr_9000_1st_1.csv", 100, 60, 100),  # no more than there are
        ("plain.csv", 4000, 3000, 1000),  # a quarter
        ("plain.csv", 4000, 900, 800),  # ends 100 rows before the first anomaly
        ("plain.csv", 4000, 450, 500),  # but holds 500 rows
        ("plain.csv", 400, 50, 100),  # or a quarter where that is fewer
    ],
)
def test_training_rows(
    tmp_path: Path, name: str, n_rows: int, first: int, expected: int
) -> None:
    path = written(tmp_path, name, n_rows, (first,))
    assert read_benchmark_series(path).n_training == expected


def test_two_parts_follow_one_another(tmp_path: Path) -> None:
    path = tmp_path / "P-1.npz"
    test = np.arange(8.0).reshape(4, 2)
    np.savez(path, train=np.ones((3, 2)), test=test, label=np.array([0, 0, 1, 0]))
    series = read_benchmark_series(path)
    assert series.values.shape == (7, 2)
    assert series.values[3:].tolist() == test.tolist()
    assert np.flatnonzero(series.labels).tolist() == [5]
    assert series.n_training == 3


def test_readings_labels_and_a_number_of_rows(tmp_path: Path) -> None:
    path, labels = tmp_path / "w.npz", np.array([0, 0, 0, 1, 1], np.int8)
    x = np.arange(10, dtype=np.float32).reshape(5, 2)
    np.savez(path, x=x, y=labels, tr=np.int64(2), w=np.int64(8))
    series = read_benchmark_series(path)
    assert series.values.tolist() == x.tolist()
    assert np.flatnonzero(series.labels).tolist() == [3, 4]
    assert series.n_training == 2


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("value,other\n1,0\n", "last column of .* must be the label; it is 'other'"),
        ("value,label\n1,2\n", "must be 0 or 1"),
        ("value,label\n1,\n", "must be 0 or 1"),
        ("value,label\nhot,0\n", "channel that is no number"),
        ("time,label\n1,0\n", "no channel beside time and label"),
        ("", "is no table"),
    ],
)
def test_what_is_no_labelled_series(tmp_path: Path, content: str, rule: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=rule):
        read_benchmark_series(path)


def test_arrays_of_objects_are_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, train=np.array([{}], object), test=np.zeros(1), label=np.zeros(1))
    with pytest.raises(InputError, match="must hold the arrays train, test and label"):
        read_benchmark_series(path)


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("z.csv", "b/a.npz", "b/readme.txt"):
        (tmp_path / name).touch()
    names = [path.name for path in benchmark_files(tmp_path)]
    assert names == ["a.npz", "z.csv"]
    with pytest.raises(InputError, match="must be a folder of series"):
        benchmark_files(tmp_path / "z.csv")
    (tmp_path / "b/a.npz").unlink()
    with pytest.raises(InputError, match="holds no CSV or NPZ"):
        benchmark_files(tmp_path / "b")


@pytest.mark.realdata
def test_every_real_series_can_be_read() -> None:
    files = benchmark_files(data_home() / "anomaly")
    clean = {"horizontal", "seasonal", "upward_downward"}  # these have no labels
    series = [read_benchmark_series(path) for path in files if path.stem not in clean]
    assert len(series) > 90
    for each in series:
        assert 0 < each.n_training <= len(each.values) == len(each.labels)
    n_early = sum(bool(each.labels[: each.n_training].any()) for each in series)
    assert n_early < len(series) / 4
