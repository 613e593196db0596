"""What columns of users, items, ratings and so on are usually called."""

import re
from functools import lru_cache

# RecBole writes what a column holds behind its name.
_KIND_BEHIND = re.compile(r":(token|float)(_seq)?$")
# Spelled without case, spaces and punctuation; where a table has several of a role's
# names, the one that stands first here is taken.
_USER = (
    "userid user uid username reviewerid customerid memberid profileid accountid "
    "personid viewerid readerid visitorid reviewer customer member person"
).split()
_ITEM = (
    "itemid item iid movieid movie filmid film productid product bookid book isbn asin "
    "songid trackid artistid gameid animeid animeids businessid articleid showid "
    "beerid recipeid jokeid"
).split()
_RATING = (
    "rating ratings stars star score ratingvalue rate overall bookrating movierating "
    "userrating starrating reviewscore grade points value feedback weight hours"
).split()
_COUNT = (
    "count counts playcount plays nplays listencount listens scrobbles clicks views "
    "visits purchases quantity minutes hours weight"
).split()
_TIMESTAMP = (
    "timestamp time datetime date ratedat createdat unixtime unixreviewtime reviewtime"
).split()
_TITLE = (
    "title movietitle filmtitle itemtitle booktitle gametitle itemname productname "
    "moviename filmname bookname gamename songname trackname artistname name movie film"
).split()
_GENRES = "genres genre categories category".split()

RATING_COLUMNS = {
    "user_id": _USER,
    "item_id": _ITEM,
    "rating": _RATING,
    "timestamp": _TIMESTAMP,
}
CHOICE_COLUMNS = {
    "user_id": _USER,
    "item_id": _ITEM,
    "count": _COUNT,
    "timestamp": _TIMESTAMP,
}
ITEM_COLUMNS = {
    # Beside an "id", a column "movie" holds the title; this sort keeps the order else.
    "item_id": sorted([*_ITEM, "id"], key=lambda name: not name.endswith("id")),
    "title": _TITLE,
    "genres": _GENRES,
}


def plain_name(name: str) -> str:
    """Return a name without case, spaces, punctuation, and RecBole's kind behind it."""
    return re.sub(r"[\W_]", "", _KIND_BEHIND.sub("", name)).lower()


@lru_cache(1024)
def role_of(name: str) -> str:
    """Return the role that a column's name tells, nothing if it tells none."""
    spelled = plain_name(name)
    roles = (role for role, names in RATING_COLUMNS.items() if spelled in names)
    return next(roles, "")
