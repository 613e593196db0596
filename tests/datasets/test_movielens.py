"""MovieLens from disk and from a server, and its official folds."""

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import check_cv

from recs_anomaly.datasets import movielens
from recs_anomaly.datasets._downloads import DownloadError
from recs_anomaly.datasets.movielens import fetch_movielens, official_folds
from recs_anomaly.datasets.movielens_releases import RELEASES
from recs_anomaly.datasets.ratings_samples import MovieRatings
from recs_anomaly.exceptions import InputError
from tests.datasets.http_site import DEADLINE_S, Site, serving

U_DATA = "196\t242\t3\t881250949\n186\t302\t4\t891717742\n"
U_ITEM = "242|Kolya (1996)|24-Jan-1997||http://x" + "|0" * 5 + "|1" + "|0" * 13 + "\n"
NATIVE_FILES = {
    "u.data": U_DATA,
    "u.item": U_ITEM,
    "ratings.dat": "196::242::3::881250949\n186::302::4.5::891717742\n",
    "movies.dat": "242::Kolya (1996)::Comedy\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n196,242,3.0,881250949\n"
    "186,302,4.5,891717742\n",
    "movies.csv": "movieId,title,genres\n242,Kolya (1996),Comedy\n",
}
README = "Research use only."


def check(fetched: MovieRatings) -> None:
    ratings, items = fetched
    assert list(ratings) == ["user_id", "item_id", "rating", "timestamp"]
    assert ratings.iloc[0].tolist() == [196, 242, 3.0, 881250949]
    assert len(ratings) == 2
    assert ratings["rating"].dtype == np.float64
    assert items.to_dict("list") == {
        "item_id": [242],
        "title": ["Kolya (1996)"],
        "genres": ["Comedy"],
    }


def archive_of(name: str) -> bytes:
    """Pack an archive as GroupLens does, with a file that nobody asked for."""
    release = RELEASES[name]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (release.ratings_file, release.items_file):
            archive.writestr(f"{release.archived_folder}/{file}", NATIVE_FILES[file])
        archive.writestr(f"{release.archived_folder}/README.txt", README)
        archive.writestr(f"{release.archived_folder}/tags.csv", "much more")
    return packed.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data home, and no way to the real server."""
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(movielens, "SERVER", "http://127.0.0.1:1")
    return tmp_path / "home"


@pytest.fixture
def site(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    archives = {name: archive_of(name) for name in RELEASES}
    files = {f"/{name}.zip": archive for name, archive in archives.items()}
    checksum = hashlib.md5(archives["ml-latest-small"]).hexdigest()
    files["/ml-latest-small.zip.md5"] = f"MD5 (ml) = {checksum}\n".encode()
    for name, release in RELEASES.items():
        if release.md5:
            md5 = hashlib.md5(archives[name]).hexdigest()
            monkeypatch.setitem(RELEASES, name, dataclasses.replace(release, md5=md5))
    with serving(Site(files)) as running:
        monkeypatch.setattr(movielens, "SERVER", running.url)
        yield running


@pytest.fixture
def extract(home: Path) -> Callable[..., Path]:
    """Put an extracted folder into the data home."""

    def extracted(name: str, *, folder_name: str) -> Path:
        folder = home / folder_name
        folder.mkdir(parents=True)
        for file in (RELEASES[name].ratings_file, RELEASES[name].items_file):
            (folder / file).write_text(NATIVE_FILES[file])
        return folder

    return extracted


@pytest.mark.parametrize("name", RELEASES)
def test_an_extracted_folder_is_used_as_it_is(
    name: str, extract: Callable[..., Path]
) -> None:
    extract(name, folder_name=name)
    check(fetch_movielens(name))


def test_the_folder_may_have_the_name_it_has_in_the_archive(
    extract: Callable[..., Path],
) -> None:
    extract("ml-10m", folder_name="ml-10M100K")
    check(fetch_movielens("ml-10m"))


def test_without_the_titles_they_are_empty_with_a_warning(
    extract: Callable[..., Path],
) -> None:
    (extract("ml-100k", folder_name="ml-100k") / "u.item").unlink()
    with pytest.warns(
        UserWarning, match=r"ml-100k has no u\.item, so the titles are em"
    ):
        fetched = fetch_movielens("ml-100k")
    assert fetched.items.to_dict("list") == {
        "item_id": [242, 302],
        "title": ["", ""],
        "genres": ["", ""],
    }


@pytest.mark.parametrize("name", RELEASES)
def test_a_download_leaves_the_folder_that_the_next_call_reads(
    name: str, site: Site, home: Path
) -> None:
    check(fetch_movielens(name))
    n_requests = len(site.requests)
    check(fetch_movielens(name))
    assert len(site.requests) == n_requests
    release = RELEASES[name]
    assert {path.name for path in home.rglob("*")} == {
        name,
        release.ratings_file,
        release.items_file,
        "README.txt",
    }
    assert (home / name / "README.txt").read_text() == README


def test_a_download_that_broke_off_is_continued(site: Site, home: Path) -> None:
    # A zip may have anything before it. Longer than one chunk it must be, so that
    # something arrives before the break.
    archive = bytes(300_000) + archive_of("ml-latest-small")
    site.files["/ml-latest-small.zip"] = archive
    site.files["/ml-latest-small.zip.md5"] = hashlib.md5(archive).hexdigest().encode()
    site.cut_off["/ml-latest-small.zip"] = 200_000
    with pytest.raises(DownloadError, match="broke off; run the same again"):
        fetch_movielens("ml-latest-small")
    assert not (home / "ml-latest-small").exists()
    check(fetch_movielens("ml-latest-small"))
    assert site.requests[-1][1] > 0, "the second request asked for the rest"


@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small"])
def test_wrong_bytes_never_reach_the_data_home(
    name: str, site: Site, home: Path
) -> None:
    site.files[f"/{name}.zip"] = archive_of("ml-25m") + b"!"
    with pytest.raises(DownloadError, match="came with the checksum"):
        fetch_movielens(name)
    assert list(home.iterdir()) == []


def test_a_refusal_says_where_a_copy_may_be_put(site: Site, home: Path) -> None:
    del site.files["/ml-1m.zip"]
    with pytest.raises(DownloadError) as caught:
        fetch_movielens("ml-1m")
    assert str(caught.value) == (
        f"{site.url}/ml-1m.zip answered 404 Not Found; try again later, "
        f"or put the extracted folder at {home / 'ml-1m'}."
    )


def test_no_network_says_where_a_copy_may_be_put(home: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch_movielens("ml-25m")
    assert str(caught.value) == (
        "http://127.0.0.1:1/ml-25m.zip cannot be reached; try again with a network, "
        f"or put the extracted folder at {home / 'ml-25m'}."
    )


FETCH_AND_PRINT = """
import sys
from recs_anomaly.datasets import movielens
movielens.SERVER = sys.argv[1]
ratings, items = movielens.fetch_movielens("ml-latest-small")
print(len(ratings), *items["title"])
"""


def test_two_processes_at_once_both_succeed(site: Site, home: Path) -> None:
    # Neither gets a byte before both have asked: the downloads overlap for sure.
    site.meeting_points["/ml-latest-small.zip"] = threading.Barrier(2)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FETCH_AND_PRINT, site.url],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        stdout, stderr = process.communicate(timeout=DEADLINE_S)
        assert (stdout, stderr) == ("2 Kolya (1996)\n", "")
    files = {path.name for path in home.rglob("*") if path.is_file()}
    assert files == {"ratings.csv", "movies.csv", "README.txt"}


def test_a_data_home_that_cannot_be_written_to(home: Path) -> None:
    home.write_text("a file")
    with pytest.raises(DownloadError, match="cannot be written to"):
        fetch_movielens("ml-1m")


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(
        InputError, match=r"^name must be one of ml-100k, ml-1m, .*; got 'ml-20m'\.$"
    ):
        fetch_movielens("ml-20m")


def stand_in_for_ml_100k(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Invented ratings whose checksum is declared to be the official one."""
    pairs = np.arange(200_000).reshape(100_000, 2)
    ratings = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    checksum = movielens._pairs_checksum(ratings)
    monkeypatch.setattr(movielens, "_ML_100K_PAIRS", checksum)
    return ratings


def test_folds_are_the_blocks_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    folds = official_folds(stand_in_for_ml_100k(monkeypatch))
    assert len(folds) == 5
    for k, (train_index, test_index) in enumerate(folds):
        assert test_index.tolist() == list(range(20_000 * k, 20_000 * (k + 1)))
        assert sorted({*range(100_000)} - {*test_index}) == train_index.tolist()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda ratings: ratings.iloc[:-1], id="too short"),
        pytest.param(lambda ratings: ratings.iloc[::-1], id="other order"),
        pytest.param(lambda ratings: ratings + 1, id="other ids"),
        pytest.param(lambda ratings: ratings.astype(str), id="ids as text"),
        pytest.param(lambda ratings: ratings[["user_id"]], id="a column too few"),
    ],
)
def test_folds_of_other_ratings_are_refused(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = stand_in_for_ml_100k(monkeypatch)
    with pytest.raises(
        InputError, match=r"^ratings must be the 100,000 ratings of ml-100k .*; got \d"
    ):
        official_folds(spoil(ratings))


@pytest.mark.realdata
def test_the_real_movielens_100k_and_its_folds(
    real_data_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(real_data_home))
    ratings, items = fetch_movielens()
    assert len(items) == 1_682
    assert items["title"].iloc[0] == "Toy Story (1995)"
    rating = ratings["rating"].to_numpy()
    (train, test), *others = check_cv(official_folds(ratings)).split(ratings)
    assert len(others) == 4
    assert ratings["user_id"].iloc[test].nunique() == 459, "as is known of u1.test"
    error = np.sqrt(np.mean((rating[test] - rating[train].mean()) ** 2))
    assert error == pytest.approx(1.154, abs=5e-4), "predicting the mean on u1"
