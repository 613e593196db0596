"""The MovieLens data sets: real ratings, from disk or from GroupLens' server."""

import warnings
import zlib
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from zipfile import ZipFile

import numpy as np
import pandas as pd

from recs_anomaly.datasets._downloads import (
    data_home,
    downloaded,
    make_writable,
    published_md5,
)
from recs_anomaly.datasets.movielens_releases import RELEASES, SERVER, Release
from recs_anomaly.datasets.ratings_samples import MovieRatings
from recs_anomaly.exceptions import InputError
from recs_anomaly.replacing import replacing

_N_FOLDS = 5
_ML_100K_LENGTH = 100_000
# CRC-32 of the user and item ids of u.data, row by row, as little-endian int64.
_ML_100K_PAIRS = 2468653868


def fetch_movielens(name: str = "ml-100k") -> MovieRatings:
    """Load a MovieLens data set, downloading it the first time.

    The extracted folder, in GroupLens' own file format, is read from the data home:
    the folder in the environment variable RECS_ANOMALY_DATA, or else this package's
    folder in the platform's cache. Where it is not there, the archive comes from
    GroupLens' server, is checked, and leaves its ratings, titles and README in the
    data home. A download that breaks off is continued by the next call.

    GroupLens allows research use and no redistribution; the README says more.

    Parameters
    ----------
    name : str, default="ml-100k"
        One of ml-100k, ml-1m, ml-10m, ml-25m and ml-latest-small. GroupLens changes the
        last from time to time: it is checked against the checksum that stands beside
        it on the server, not against a known one, and figures on it cannot be compared
        from one download to another.

    Returns
    -------
    movielens : MovieRatings
        Ratings in the order of GroupLens' file, 1 to 5 stars, half stars in ml-10m,
        ml-25m and ml-latest-small.

    Raises
    ------
    InputError
        If there is no data set of this name.
    DownloadError
        If it is not in the data home and cannot be downloaded.
    TableFileError
        If a file in the data home is not what it should be.

    Warns
    -----
    UserWarning
        If the data home has the ratings but not the titles, which are then empty.
    """
    # Reading takes PyArrow; who only lists or downloads data sets may have none.
    from recs_anomaly.datasets.item_files import read_items
    from recs_anomaly.datasets.rating_files import read_ratings

    folder = movielens_folder(name)
    release = RELEASES[name]
    ratings = read_ratings(folder / release.ratings_file)
    if (folder / release.items_file).is_file():
        return MovieRatings(ratings, read_items(folder / release.items_file))
    warnings.warn(
        f"{folder} has no {release.items_file}, so the titles are empty.", stacklevel=2
    )
    item_ids = np.unique(ratings["item_id"])
    return MovieRatings(
        ratings, pd.DataFrame({"item_id": item_ids, "title": "", "genres": ""})
    )


def movielens_folder(name: str) -> Path:
    """Return the folder of a MovieLens data set; download it if it is not there.

    Parameters
    ----------
    name : str
        As in `fetch_movielens`.

    Returns
    -------
    folder : Path
        In the data home, called like the data set or like the folder in its archive.

    Raises
    ------
    InputError
        If there is no data set of this name.
    DownloadError
        If it is not in the data home and cannot be downloaded.
    """
    if name not in RELEASES:
        known = ", ".join(RELEASES)
        raise InputError(f"name must be one of {known}; got {name!r}.")
    return find_movielens(name) or _download(name, RELEASES[name])


def find_movielens(name: str) -> Path | None:
    """Return the folder of a MovieLens data set that is in the data home already.

    Parameters
    ----------
    name : str
        One of the names that `fetch_movielens` knows.

    Returns
    -------
    folder : Path or None
        None if there is no folder of this name with ratings in it.
    """
    release = RELEASES[name]
    for folder_name in (name, release.archived_folder):
        folder = data_home() / folder_name
        if (folder / release.ratings_file).is_file():
            return folder
    return None


def official_folds(ratings: pd.DataFrame) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cut MovieLens 100K into the five folds that published figures are about.

    The test part of the k-th fold, GroupLens' ``u<k>.test``, is the k-th block of
    20,000 lines of ``u.data``; the training part is the rest.

    Parameters
    ----------
    ratings : DataFrame with columns user_id, item_id
        ``fetch_movielens("ml-100k").ratings``, in its own order.

    Returns
    -------
    folds : list of five (train_index, test_index)
        Row numbers, as scikit-learn takes them for ``cv``.

    Raises
    ------
    InputError
        If these are other ratings, or in another order.
    """
    if len(ratings) != _ML_100K_LENGTH or _pairs_checksum(ratings) != _ML_100K_PAIRS:
        raise InputError(
            "ratings must be the 100,000 ratings of ml-100k in their file's own order; "
            f"got {len(ratings):,} rows, which are not those or not in that order."
        )
    blocks = np.split(np.arange(_ML_100K_LENGTH), _N_FOLDS)
    return [
        (np.concatenate([*blocks[:k], *blocks[k + 1 :]]), blocks[k])
        for k in range(_N_FOLDS)
    ]


def _pairs_checksum(ratings: pd.DataFrame) -> int | None:
    pairs = ratings.reindex(columns=["user_id", "item_id"])
    if not all(kind.kind in "iu" for kind in pairs.dtypes):
        return None
    return zlib.crc32(np.ascontiguousarray(pairs, dtype="<i8").tobytes())


def _download(name: str, release: Release) -> Path:
    url = f"{SERVER}/{name}.zip"
    folder = data_home() / name
    way_out = f"or put the extracted folder at {folder}"
    make_writable(folder.parent)
    md5 = release.md5 or published_md5(url, way_out)
    partial = folder.with_name(f"{name}.zip.part")
    with downloaded(url, partial, md5, way_out) as archive:
        _extract(archive, release, folder)
    return folder


def _extract(archive: Path, release: Release, folder: Path) -> None:
    """Extract what we read, and the README with the terms of use.

    The ratings come last: where they are, everything is.
    """
    folder.mkdir(exist_ok=True)
    with ZipFile(archive) as members:
        paths = {PurePosixPath(path).name: path for path in members.namelist()}
        readme = [name for name in paths if name.startswith("README")]
        for name in (*readme, release.items_file, release.ratings_file):
            # Another process may be extracting too: nobody sees half a file.
            with members.open(paths[name]) as packed, replacing(folder / name) as file:
                copyfileobj(packed, file)
