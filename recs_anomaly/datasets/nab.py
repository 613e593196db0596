"""The Numenta Anomaly Benchmark: real series with labelled windows of anomalies."""

import json
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from recs_anomaly.datasets._downloads import data_home, downloaded, make_writable
from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.datasets.series_files import LabelledSeries, read_series
from recs_anomaly.exceptions import InputError
from recs_anomaly.replacing import replacing

SERVER = "https://raw.githubusercontent.com/numenta/NAB"
COMMIT = "ea702d75cc2258d9d7dd35ca8e5e2539d71f3140"
_WINDOWS = "labels/combined_windows.json"


def nab_names() -> list[str]:
    """List the series of the Numenta Anomaly Benchmark.

    Returns
    -------
    names : list of str
        A folder and a name each, as ``fetch_nab`` takes them.

    Examples
    --------
    >>> names = nab_names()
    >>> len(names), "realKnownCause/nyc_taxi" in names
    (58, True)
    """
    paths = map(Path, _registry())
    return [
        f"{path.parent.name}/{path.stem}" for path in paths if path.suffix == ".csv"
    ]


def fetch_nab(name: str) -> LabelledSeries:
    """Load a series of the Numenta Anomaly Benchmark, downloading it the first time.

    Series and labels are kept in the folder ``nab`` of the data home, as they lie in
    the benchmark's repository, whose licence is MIT. Every file is checked.

    Parameters
    ----------
    name : str
        One of `nab_names`, like ``"realKnownCause/nyc_taxi"``.

    Returns
    -------
    series : LabelledSeries
        One channel, ``value``, indexed by time. A row is labelled if its time lies in
        one of the benchmark's windows, which are wide: each makes up a tenth of its
        series, shared by its anomalies. Five series have no anomaly.

    Raises
    ------
    InputError
        If there is no series of this name.
    DownloadError
        If it is not in the data home and cannot be downloaded.
    TableFileError
        If a file in the data home is not what it should be.

    References
    ----------
    .. [1] A. Lavin, S. Ahmad. Evaluating real-time anomaly detection algorithms: the
       Numenta Anomaly Benchmark. ICMLA 2015.
    """
    if name not in nab_names():
        raise InputError(f"name must be one of nab_names(); got {name!r}.")
    series = read_series(_fetched(f"data/{name}.csv"), time="timestamp")
    windows = _windows(_fetched(_WINDOWS), f"{name}.csv")
    times = series.values.index
    is_abnormal = np.zeros(len(times), dtype=np.bool_)
    for first, last in windows:
        is_abnormal |= np.asarray((times >= first) & (times <= last))
    return series._replace(labels=pd.Series(is_abnormal, times, name="label"))


def _windows(path: Path, series: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last moment of each window of a series."""
    try:
        found = json.loads(path.read_text("utf-8"))[series]
        return [(pd.Timestamp(first), pd.Timestamp(last)) for first, last in found]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TableFileError(
            f"{path} holds no windows of {series}; delete it to download it again."
        ) from error


def _fetched(path: str) -> Path:
    """Path of a file of the repository in the data home, downloaded where it is not."""
    file = data_home() / "nab" / path
    if file.is_file():
        return file
    make_writable(file.parent)
    partial = file.with_name(f"{file.name}.part")
    way_out = f"or put a copy of the file at {file}"
    url = f"{SERVER}/{COMMIT}/{path}"
    # Another process may be fetching too: nobody sees half a file.
    with (
        downloaded(url, partial, _registry()[path], way_out) as whole,
        replacing(file) as copy,
    ):
        copy.write(whole.read_bytes())
    return file


@cache
def _registry() -> dict[str, str]:
    """SHA-256 of every file, by its path in the repository."""
    listed = resources.files("recs_anomaly.datasets").joinpath("nab_registry.txt")
    lines = listed.read_text("ascii").splitlines()
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {path: checksum for path, checksum in pairs}  # noqa: C416 - two of a list
