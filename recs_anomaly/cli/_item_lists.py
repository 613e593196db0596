"""Lists of items as tables for people."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from recs_anomaly.cli._tables import Column, ShownTable

if TYPE_CHECKING:
    import pandas as pd


_NOTHING_LEFT = (
    "Nothing is left to recommend: the model knows no item beyond those already rated "
    "or chosen."
)


class _Field(NamedTuple):
    """A column, and how its cell is made of a row."""

    column: Column
    cell: Callable[[Mapping[str, Any]], str]


def _shared(row: Mapping[str, Any]) -> str:
    """Say what a listed item and the reason for it both are."""
    genres = row.get("because_genres") or ""
    return f" (both {', '.join(genres.split('|'))})" if genres else ""


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
_BECAUSE = _Field(
    Column("Because you gave", is_aside=True),
    lambda row: (
        f"{row['because']}: {row['because_rating']:g}{_shared(row)}"
        if row["because"]
        else ""
    ),
)
_CHOSEN_BY = _N_RATINGS._replace(column=Column("Chosen by", is_number=True))
_BECAUSE_CHOSEN = _Field(
    Column("Because you chose", is_aside=True),
    lambda row: f"{row['because']}{_shared(row)}" if row["because"] else "",
)
_LIKENESS = _Field(
    Column("Likeness", is_number=True), lambda row: f"{row['score']:.2f}"
)


def recommendation_table(title: str, recommendations: "pd.DataFrame") -> ShownTable:
    """Lay out recommendations, with what there is to doubt about them.

    Parameters
    ----------
    title : str
    recommendations : DataFrame
        Of `Recommender.recommend_user`.

    Returns
    -------
    table : ShownTable
    """
    counts = _counts(recommendations, _N_RATINGS)
    forecast = (_EXPECTED, _WITHIN, _LIKES, *counts, _BECAUSE)
    if not _is_known("rating_mean", recommendations):  # a model of choices alone
        forecast = (*_counts(recommendations, _CHOSEN_BY), _BECAUSE_CHOSEN)
    table = _laid_out(title, recommendations, (_RANK, _TITLE, *forecast))
    return table._replace(instead=_NOTHING_LEFT)


def reason_table(title: str, reasons: "pd.DataFrame") -> ShownTable:
    """Lay out the ratings that speak for recommendations.

    Parameters
    ----------
    title : str
    reasons : DataFrame
        Of `Showcase.reasons`.

    Returns
    -------
    table : ShownTable
    """
    return _laid_out(title, reasons, (_TITLE, _RATING, _SPEAKS_FOR))


def guess_table(title: str, guesses: "pd.DataFrame") -> ShownTable:
    """Lay out expected ratings beside the real ones.

    Parameters
    ----------
    title : str
    guesses : DataFrame
        Of `Showcase.guesses`.

    Returns
    -------
    table : ShownTable
    """
    return _laid_out(title, guesses, (_TITLE, _EXPECTED, _WITHIN, _REAL_RATING))


def rated_table(title: str, rated: "pd.DataFrame") -> ShownTable:
    """Lay out what somebody has rated.

    Parameters
    ----------
    title : str
    rated : DataFrame
        Of `Recommender.best_rated`.

    Returns
    -------
    table : ShownTable
    """
    rating = (_RATING,) if _is_known("rating", rated) else ()
    return _laid_out(title, rated, (_TITLE, *rating, *_genres(rated)))


def similar_table(title: str, similar: "pd.DataFrame", *, is_rated: bool) -> ShownTable:
    """Lay out items that are like another one.

    Parameters
    ----------
    title : str
    similar : DataFrame
        Of `Recommender.similar`.
    is_rated : bool
        Whether the model has learned from ratings, and not from choices alone.

    Returns
    -------
    table : ShownTable
    """
    counts = _counts(similar, _N_RATINGS if is_rated else _CHOSEN_BY)
    fields = (_RANK, _TITLE, _LIKENESS, *counts, *_genres(similar))
    return _laid_out(title, similar, fields)


def _counts(table: "pd.DataFrame", field: _Field) -> tuple[_Field, ...]:
    """Say how many know an item, unless the model knows nobody: one of many parts."""
    is_known = table.empty or bool((table["n_ratings"] > 0).any())
    return (field,) if is_known else ()


def _genres(table: "pd.DataFrame") -> tuple[_Field, ...]:
    """Give the column of genres where any are known."""
    return (_GENRES,) if table["genres"].any() else ()


def _is_known(name: str, table: "pd.DataFrame") -> bool:
    """Whether any row has something there; so has a table without rows."""
    return table.empty or bool(table[name].notna().any())


def _laid_out(
    title: str, table: "pd.DataFrame", fields: tuple[_Field, ...]
) -> ShownTable:
    from recs_anomaly.reports.records import records

    cells = [[field.cell(row) for field in fields] for row in records(table)]
    return ShownTable(title, [field.column for field in fields], cells)
