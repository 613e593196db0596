"""Series of the Numenta Anomaly Benchmark, from a server of our own."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.datasets import (
    DownloadError,
    TableFileError,
    fetch_nab,
    nab,
    nab_names,
)
from recs_anomaly.exceptions import InputError
from tests.datasets.http_site import Site, serving

NAME = "realKnownCause/nyc_taxi"
SERIES, WINDOWS = f"data/{NAME}.csv", "labels/combined_windows.json"
ROWS = "timestamp,value\n" + "".join(
    f"2014-07-01 0{hour}:00:00,{hour}.5\n" for hour in range(6)
)
FILES = {
    SERIES: ROWS.encode(),
    WINDOWS: json.dumps(
        {
            f"{NAME}.csv": [
                ["2014-07-01 01:00:00.000000", "2014-07-01 02:00:00.000000"],
                ["2014-07-01 04:30:00.000000", "2014-07-01 09:00:00.000000"],
            ]
        }
    ).encode(),
}
IS_ABNORMAL = [False, True, True, False, False, True]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data home, and no way to the real server."""
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(nab, "SERVER", "http://127.0.0.1:1")
    checksums = {path: hashlib.sha256(text).hexdigest() for path, text in FILES.items()}
    monkeypatch.setattr(nab, "_registry", lambda: checksums)
    return tmp_path / "home"


@pytest.fixture
def site(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site({f"/{nab.COMMIT}/{path}": text for path, text in FILES.items()})
    with serving(site) as running:
        monkeypatch.setattr(nab, "SERVER", running.url)
        yield running


def check(fetched: nab.LabelledSeries) -> None:
    assert fetched.values["value"].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert fetched.values.index[0] == pd.Timestamp("2014-07-01")
    assert fetched.labels is not None
    assert fetched.labels.tolist() == IS_ABNORMAL
    assert fetched.labels.index.equals(fetched.values.index)


def test_a_download_leaves_the_files_that_the_next_call_reads(
    site: Site, home: Path
) -> None:
    check(fetch_nab(NAME))
    n_requests = len(site.requests)
    check(fetch_nab(NAME))
    assert len(site.requests) == n_requests == 2
    files = {path for path in home.rglob("*") if path.is_file()}
    assert files == {home / "nab" / path for path in FILES}


def test_wrong_bytes_never_reach_the_data_home(site: Site, home: Path) -> None:
    site.files[f"/{nab.COMMIT}/{SERIES}"] = FILES[SERIES] + b"!"
    with pytest.raises(DownloadError, match="came with the checksum"):
        fetch_nab(NAME)
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_no_network_says_where_a_copy_may_be_put(home: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch_nab(NAME)
    assert str(caught.value).endswith(
        "cannot be reached; try again with a network, "
        f"or put a copy of the file at {home / 'nab' / SERIES}."
    )


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({f"{NAME}.csv": [1]})])
def test_windows_that_are_none(site: Site, home: Path, content: str) -> None:
    fetch_nab(NAME)
    (home / "nab" / WINDOWS).write_text(content)
    with pytest.raises(TableFileError, match="holds no windows of realKnownCause/nyc"):
        fetch_nab(NAME)


def test_names_are_those_of_the_registry() -> None:
    names = nab_names()
    assert len(names) == len(set(names)) == 58
    assert all(len(checksum) == 64 for checksum in nab._registry().values())
    assert WINDOWS in nab._registry()
    with pytest.raises(InputError, match=r"one of nab_names\(\); got 'nyc_taxi'"):
        fetch_nab("nyc_taxi")


@pytest.mark.realdata
def test_the_registry_lists_the_series_that_we_have(real_data_home: Path) -> None:
    files = sorted((real_data_home / "anomaly" / "nab").glob("*.csv"))
    assert files
    known = {name.replace("/", "__") for name in nab_names()}
    assert {file.stem for file in files} <= known
    assert np.all([file.stat().st_size > 1000 for file in files])
