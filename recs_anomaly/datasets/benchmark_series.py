"""Folders of labelled series on which detectors of anomalies are judged."""

import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.datasets.paths import expanded
from recs_anomaly.exceptions import InputError

SUFFIXES = {".csv", ".npz"}
LABELS = {"label", "labels", "anomaly", "isanomaly"}
TIMES = {"timestamp", "time", "date", "datetime"}
# TSB-AD writes the number of training rows after "tr"; the UCR archive ends a name
# with it and the first and last abnormal row.
TRAINING_IN_NAME = (r"_tr_(\d+)_", r"_UCR_.*_(\d+)_\d+_\d+$")
MARGIN = 100


class BenchmarkSeries(NamedTuple):
    """A series whose anomalies are known.

    Attributes
    ----------
    name : str
        The file's name without its ending.
    values : ndarray of shape (n_rows, n_channels)
    labels : ndarray of bool of shape (n_rows,)
        True where a row is abnormal.
    n_training : int
        How many of the first rows a detector learns from.
    """

    name: str
    values: Floats
    labels: Bools
    n_training: int


def benchmark_files(folder: str | os.PathLike[str]) -> list[Path]:
    """List the files of labelled series in a folder and those below it, by name.

    Parameters
    ----------
    folder : str or path-like

    Returns
    -------
    files : list of Path
        CSV and NPZ files.

    Raises
    ------
    InputError
        If there is no such folder, or no such file in it.
    """
    folder = expanded(folder)
    if not folder.is_dir():
        raise InputError(f"folder must be a folder of series; {folder} is none.")
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    if not files:
        raise InputError(f"{folder} holds no CSV or NPZ file.")
    return files


def read_benchmark_series(path: str | os.PathLike[str]) -> BenchmarkSeries:
    r"""Read one labelled series.

    TSB-AD's layout: a CSV whose last column is the label (0 or 1), all others but a
    time stamp being channels. Also NPZ files with `train`, `test` and `label`, as the
    NASA series come: both parts follow one another, the first without anomalies. Or
    with all readings `x`, the labels `y` and the number `tr` of rows for training.

    The training rows are those that the file states, in its name (``_tr_1000_``, or a
    name of the UCR archive), as `train` or as `tr`. Where nothing is stated, they are
    a quarter of the rows but end 100 rows before the first anomaly; at least 500 rows,
    or a quarter where that is fewer.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    series : BenchmarkSeries

    Raises
    ------
    InputError
        If the file does not hold a labelled series.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "001_NAB_id_1_Facility_tr_2_1st_3.csv")
    >>> _ = file.write_text("Data,Label\n1.5,0\n2,0\n9,1\n")
    >>> series = read_benchmark_series(file)
    >>> series.values.ravel().tolist(), series.labels.tolist(), series.n_training
    ([1.5, 2.0, 9.0], [False, False, True], 2)
    """
    path = expanded(path)
    if not path.is_file():
        raise InputError(f"{path} is no file.")
    if path.suffix == ".npz":
        return _from_arrays(path)
    frame = _table(path)
    last = str(frame.columns[-1])
    if last.lower() not in LABELS:
        raise InputError(
            f"the last column of {path} must be the label; it is {last!r}."
        )
    labels = _labels(frame.iloc[:, -1], path)
    channels = [name for name in frame.columns[:-1] if str(name).lower() not in TIMES]
    if not channels:
        raise InputError(f"{path} has no channel beside time and label.")
    try:
        values = frame[channels].to_numpy(dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{path} has a channel that is no number: {error}.") from error
    return BenchmarkSeries(path.stem, values, labels, _n_training(path.stem, labels))


def _from_arrays(path: Path) -> BenchmarkSeries:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if "x" in arrays:
                values, labels = arrays["x"], arrays["y"]
                n_training = int(arrays["tr"])
            else:
                train, test = arrays["train"], arrays["test"]
                values = np.concatenate([train, test])
                labels = np.concatenate([np.zeros(len(train)), arrays["label"]])
                n_training = len(train)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            f"{path} must hold the arrays train, test and label, or x, y and tr; "
            f"{error}."
        ) from error
    values = values.reshape(len(values), -1).astype(np.float64)
    return BenchmarkSeries(path.stem, values, labels > 0, n_training)


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{path} is no table: {error}.") from error


def _labels(column: pd.Series, path: Path) -> Bools:
    labels = pd.to_numeric(column, errors="coerce").to_numpy()
    if not np.isin(labels, (0, 1)).all():
        raise InputError(f"the labels of {path} must be 0 or 1.")
    is_abnormal: Bools = labels == 1
    return is_abnormal


def _n_training(name: str, labels: Bools) -> int:
    for pattern in TRAINING_IN_NAME:
        if found := re.search(pattern, name):
            return min(int(found[1]), len(labels))
    quarter = len(labels) // 4
    first = int(labels.argmax()) if labels.any() else len(labels)
    return max(min(quarter, first - MARGIN), min(500, quarter))
