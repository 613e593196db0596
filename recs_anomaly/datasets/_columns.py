"""Which column of somebody's file is the user, the item, the rating, the title."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from recs_anomaly.datasets._tables import TableFileError

# Spelled without case, spaces and punctuation; where a table has several of a role's
# names, the one that stands first here is taken.
_USER = (
    "userid user uid username reviewerid customerid memberid profileid accountid "
    "personid viewerid readerid reviewer customer member person"
).split()
_ITEM = (
    "itemid item iid movieid movie filmid film productid product bookid book isbn asin "
    "songid trackid gameid animeid businessid articleid showid beerid recipeid jokeid"
).split()
_RATING = (
    "rating ratings stars star score ratingvalue rate overall bookrating movierating "
    "userrating reviewscore grade points value"
).split()
_TIMESTAMP = (
    "timestamp time datetime date ratedat createdat unixtime unixreviewtime reviewtime"
).split()
_TITLE = (
    "title movietitle filmtitle itemtitle booktitle itemname name movie film".split()
)
_GENRES = "genres genre categories category".split()

RATING_COLUMNS = {
    "user_id": _USER,
    "item_id": _ITEM,
    "rating": _RATING,
    "timestamp": _TIMESTAMP,
}
CHOICE_COLUMNS = {"user_id": _USER, "item_id": _ITEM}
ITEM_COLUMNS = {
    # Beside an "id", a column "movie" holds the title; this sort keeps the order else.
    "item_id": sorted([*_ITEM, "id"], key=lambda name: not name.endswith("id")),
    "title": _TITLE,
    "genres": _GENRES,
}
_OPTIONAL = {"timestamp", "genres"}


def find_columns(
    names: Sequence[str],
    aliases: Mapping[str, Sequence[str]],
    path: Path,
    chosen: Sequence[str] = (),
) -> dict[str, int]:
    """Find the position of each role's column by the names people usually give it.

    Parameters
    ----------
    names : sequence of str
        A table's column names.
    aliases : mapping of str to sequence of str
        Accepted names of each role: `RATING_COLUMNS` or another of the constants.
    path : Path
        For the message.
    chosen : sequence of str, default=()
        Names, to the letter, of the columns that play the first roles.

    Returns
    -------
    columns : dict of str to int
        Position of each role, without the optional ones that are not there.

    Raises
    ------
    TableFileError
        If a role that is not optional has no column, or two of equal claim, or a
        chosen column is not there.
    """
    columns = {
        role: _place_of(name, names, path)
        for role, name in zip(aliases, chosen, strict=False)
    }
    for role, accepted in list(aliases.items())[len(columns) :]:
        places = _places_of(accepted, names, taken=columns.values())
        if len(places) > 1:
            called = " and ".join(repr(names[place]) for place in places)
            raise TableFileError(
                f"{path} has {len(places)} columns for {role}: {called}; keep one."
            )
        if places:
            columns[role] = places[0]
        elif role not in _OPTIONAL:
            known = ", ".join([role, *accepted[1:6]])
            # Items have no such parameter.
            hint = (
                ""
                if aliases is ITEM_COLUMNS
                else ", or name them (columns=, --columns)"
            )
            if role == "rating":
                hint += " (read_choices and `recommend train --choices` need none)"
            raise TableFileError(
                f"{path} has no column for {role}: it has {', '.join(names)}; call one "
                f"of them {known} or the like{hint}."
            )
    return columns


def names_any_column(
    cells: Iterable[str], aliases: Mapping[str, Sequence[str]]
) -> bool:
    """Whether a row holds a name of any role, and so must be a header."""
    spelled = {_plain(cell) for cell in cells}
    return any(spelled.intersection(accepted) for accepted in aliases.values())


def _place_of(name: str, names: Sequence[str], path: Path) -> int:
    if name not in names:
        raise TableFileError(
            f"{path} has no column {name!r}; it has {', '.join(names)}."
        )
    return names.index(name)


def _places_of(
    accepted: Iterable[str], names: Sequence[str], taken: Iterable[int]
) -> list[int]:
    free = [place for place in range(len(names)) if place not in taken]
    for alias in accepted:
        places = [place for place in free if _plain(names[place]) == alias]
        if places:
            return places
    return []


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
