"""What GroupLens has published, and how to know that it arrived unharmed."""

from dataclasses import dataclass

SERVER = "https://files.grouplens.org/datasets/movielens"


@dataclass(frozen=True)
class Release:
    """One published MovieLens data set.

    Attributes
    ----------
    summary : str
        Number of ratings and films, years, size of the archive.
    md5 : str or None
        Checksum of the archive; None where GroupLens replaces the archive from time
        to time, so that only the checksum published beside it can tell.
    ratings_file, items_file : str
        Names inside the archive and the extracted folder.
    archived_folder : str
        Name of the folder inside the archive.
    """

    summary: str
    md5: str | None
    ratings_file: str
    items_file: str
    archived_folder: str


RELEASES = {
    "ml-100k": Release(
        summary="100,000 ratings of 1,682 films, 1997-1998, 5 MB",
        md5="0e33842e24a9c977be4e0107933c0723",
        ratings_file="u.data",
        items_file="u.item",
        archived_folder="ml-100k",
    ),
    "ml-1m": Release(
        summary="1,000,209 ratings of 3,706 films, 2000-2003, 6 MB",
        md5="c4d9eecfca2ab87c1945afe126590906",
        ratings_file="ratings.dat",
        items_file="movies.dat",
        archived_folder="ml-1m",
    ),
    "ml-10m": Release(
        summary="10,000,054 ratings of 10,677 films, 1995-2009, 66 MB",
        md5="ce571fd55effeba0271552578f2648bd",
        ratings_file="ratings.dat",
        items_file="movies.dat",
        archived_folder="ml-10M100K",
    ),
    "ml-25m": Release(
        summary="25,000,095 ratings of 59,047 films, 1995-2019, 262 MB",
        md5="6b51fb2759a8657d3bfcbfc42b592ada",
        ratings_file="ratings.csv",
        items_file="movies.csv",
        archived_folder="ml-25m",
    ),
    "ml-latest-small": Release(
        summary="about 100,000 ratings, renewed from time to time, 1 MB",
        md5=None,
        ratings_file="ratings.csv",
        items_file="movies.csv",
        archived_folder="ml-latest-small",
    ),
}
