"""Lists of items as tables for people."""

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from recs_anomaly.cli._tables import Column, TextTable

if TYPE_CHECKING:
    import pandas as pd


class _Field(NamedTuple):
    """A column, and how its cell is made of a row."""

    column: Column
    cell: Callable[[Mapping[Hashable, Any]], str]


_RANK = _Field(Column("#", is_number=True), lambda row: str(row["rank"]))
_TITLE = _Field(Column("Title"), lambda row: row["title"])
_GENRES = _Field(
    Column("Genres", is_aside=True), lambda row: row["genres"].replace("|", ", ")
)
_N_RATINGS = _Field(
    Column("Rated by", is_number=True), lambda row: f"{row['n_ratings']:,}"
)
_EXPECTED = _Field(
    Column("Expected", is_number=True), lambda row: f"{row['rating_mean']:.2f}"
)
_WITHIN = _Field(
    Column("90 % within", is_number=True),
    lambda row: f"{row['rating_low']:.1f} – {row['rating_high']:.1f}",
)
_LIKES = _Field(Column("Likes it", is_number=True), lambda row: f"{row['p_like']:.0%}")
_RATING = _Field(Column("Rating", is_number=True), lambda row: f"{row['rating']:g}")
_SPEAKS_FOR = _Field(
    Column("Speaks for number"), lambda row: ", ".join(map(str, row["ranks"]))
)
_REAL_RATING = _RATING._replace(column=Column("Real rating", is_number=True))
_LIKENESS = _Field(
    Column("Likeness", is_number=True), lambda row: f"{row['score']:.2f}"
)


def recommendation_table(title: str, recommendations: "pd.DataFrame") -> TextTable:
    """Lay out recommendations, with what there is to doubt about them.

    Parameters
    ----------
    title : str
    recommendations : DataFrame
        As from `Recommender.recommend_user`.

    Returns
    -------
    table : TextTable
    """
    fields = (_RANK, _TITLE, _EXPECTED, _WITHIN, _LIKES, _N_RATINGS, _GENRES)
    return _laid_out(title, recommendations, fields)


def reason_table(title: str, reasons: "pd.DataFrame") -> TextTable:
    """Lay out the ratings that speak for recommendations.

    Parameters
    ----------
    title : str
    reasons : DataFrame with columns title, rating, ranks
        `ranks` are those of the recommendations that the rating speaks for.

    Returns
    -------
    table : TextTable
    """
    return _laid_out(title, reasons, (_TITLE, _RATING, _SPEAKS_FOR))


def judged_table(title: str, forecasts: "pd.DataFrame") -> TextTable:
    """Lay out forecasts beside the ratings that came.

    Parameters
    ----------
    title : str
    forecasts : DataFrame
        Columns title, rating_mean, rating_low, rating_high and rating.

    Returns
    -------
    table : TextTable
    """
    return _laid_out(title, forecasts, (_TITLE, _EXPECTED, _WITHIN, _REAL_RATING))


def rated_table(title: str, rated: "pd.DataFrame") -> TextTable:
    """Lay out what somebody has rated.

    Parameters
    ----------
    title : str
    rated : DataFrame
        As from `Recommender.best_rated`.

    Returns
    -------
    table : TextTable
    """
    return _laid_out(title, rated, (_TITLE, _RATING, _GENRES))


def similar_table(title: str, similar: "pd.DataFrame") -> TextTable:
    """Lay out items that are like another one.

    Parameters
    ----------
    title : str
    similar : DataFrame
        As from `Recommender.similar`.

    Returns
    -------
    table : TextTable
    """
    return _laid_out(title, similar, (_RANK, _TITLE, _LIKENESS, _N_RATINGS, _GENRES))


def _laid_out(
    title: str, frame: "pd.DataFrame", fields: tuple[_Field, ...]
) -> TextTable:
    rows = frame.to_dict("records")
    cells = [[field.cell(row) for field in fields] for row in rows]
    return TextTable(title, [field.column for field in fields], cells)
