"""The items that can be recommended: what they are called and how to find them."""

import warnings
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.recommend.serving.titles import TitleError, TitleIndex

_ID_PREFIX = "id:"
_FEW_TITLED = 0.5  # of the items: fewer are told


class Catalogue:
    """Items by title or id.

    Parameters
    ----------
    items : DataFrame with columns item_id, title, genres, n_ratings
        One row an item; `n_ratings` says how often it was rated.

    Examples
    --------
    >>> catalogue = Catalogue(
    ...     pd.DataFrame(
    ...         {
    ...             "item_id": [1, 187],
    ...             "title": ["Toy Story (1995)", "Godfather: Part II, The (1974)"],
    ...             "genres": ["Animation|Comedy", "Crime|Drama"],
    ...             "n_ratings": [452, 209],
    ...         }
    ...     )
    ... )
    >>> catalogue.find("the godfather part ii"), catalogue.find("1")
    (187, 1)
    """

    def __init__(self, items: pd.DataFrame) -> None:
        self.items = items
        self.columns = {name: items[name].array for name in items}
        self._titles = items["title"].tolist()
        self._index = TitleIndex(self._titles, items["n_ratings"].tolist())

    def find(self, asked: str) -> Hashable:
        """Find the item that goes by a title or an id.

        Parameters
        ----------
        asked : str
            A title in any spelling that `TitleIndex` takes, or an id as text; with
            ``id:`` before it, an id whatever the titles are.

        Returns
        -------
        item_id : Hashable

        Raises
        ------
        TitleError
            If nothing or more than one thing goes by this; the message names what
            comes nearest.
        """
        ids = self.items["item_id"].to_numpy()
        row = place_spelled(ids, asked.removeprefix(_ID_PREFIX))
        if asked.startswith(_ID_PREFIX):
            if row is None:
                raise TitleError(
                    f"No rated item has the id {asked[3:]!r}.", is_unknown=True
                )
            return plain_id(ids[row])
        if row is None:
            return plain_id(ids[self._index.find(asked)])
        namesakes = self._index.named(asked)
        if namesakes and row not in namesakes:
            raise TitleError(
                f"{asked!r} is both the id of {self._titles[row]!r} and the title "
                f"{self._titles[namesakes[0]]!r}; write {_ID_PREFIX}{asked} for "
                "the one or add the year for the other."
            )
        return plain_id(ids[row])

    def find_known(
        self, asked: Sequence[str], at_least_one: bool = False
    ) -> dict[str, Hashable]:
        """Find the items that go by titles or ids, and leave out what is none.

        Parameters
        ----------
        asked : sequence of str
            As in `find`.
        at_least_one : bool, default=False
            Whether it is a mistake if all are none.

        Returns
        -------
        found : dict of str to Hashable
            Ids of the items that there are; a warning tells of each that is none.

        Raises
        ------
        TitleError
            If more than one thing goes by one of them, or all are none.
        """
        found, unknown = {}, []
        for title in asked:
            try:
                found[title] = self.find(title)
            except TitleError as error:
                if not error.is_unknown:
                    raise
                unknown.append(error)
        if at_least_one and unknown and not found:
            raise unknown[0]
        for told in (str(each).removesuffix(".") for each in unknown):
            warnings.warn(f"{told}; it was left out.", UserWarning, stacklevel=2)
        return found

    def title_of(self, item_id: Hashable) -> str:
        """Tell what an item is called.

        Parameters
        ----------
        item_id : Hashable
            An id from `find`.

        Returns
        -------
        title : str
        """
        asked = pd.DataFrame({"item_id": [item_id]})
        return str(self.describe(asked)["title"].iloc[0])

    def because(self, reasons: pd.DataFrame) -> pd.DataFrame:
        """Name the strongest reasons for items.

        Parameters
        ----------
        reasons : DataFrame
            Columns item_id, because_id and rating.

        Returns
        -------
        named : DataFrame
            Columns item_id, because (a title) and because_rating.
        """
        own = reasons[["because_id", "rating"]].set_axis(["item_id", "rating"], axis=1)
        rated = self.describe(own)
        return pd.DataFrame(
            {
                "item_id": reasons["item_id"],
                "because": rated["title"],
                "because_rating": rated["rating"],
            }
        )

    def describe(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add what is known of the items to a table of them.

        Parameters
        ----------
        table : DataFrame with a column item_id

        Returns
        -------
        described : DataFrame
            The rows and columns of `table`, and title, genres, n_ratings.
        """
        return table.merge(self.items, on="item_id", how="left", sort=False)


def titles_and_genres(
    item_ids: NDArray[Any], items: pd.DataFrame | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Look up what items are called.

    Parameters
    ----------
    item_ids : ndarray of shape (n_items,)
    items : DataFrame with columns item_id, title, genres, or None
        In any order, with items that are not asked for or without some that are.

    Returns
    -------
    titles, genres : ndarrays of str of shape (n_items,)
        An item without a row or with an empty title is called by its id. A warning
        tells that there are titles for fewer than half of the items.
    """
    spelled = pd.Series([str(item_id) for item_id in item_ids])
    if items is None:
        return spelled.to_numpy(object), np.full(len(item_ids), "", dtype=object)
    # By text: ratings may spell as "7" what the table of items counts as 7.
    table = items.set_index(items["item_id"].map(str))[["title", "genres"]]
    found = table.reindex(spelled).fillna("").astype(str).reset_index(drop=True)
    titles = found["title"].str.strip()
    n_titled = int((titles != "").sum())
    if n_titled < _FEW_TITLED * len(titles) and len(table):
        warnings.warn(
            f"there are titles for {n_titled} of {len(titles)} items: ids look like "
            f"{table.index[0]} among the titles, like {spelled[0]} among the ratings.",
            UserWarning,
            stacklevel=3,
        )
    named = titles.where(titles != "", spelled)
    return named.to_numpy(object), found["genres"].to_numpy(object)


def place_spelled(ids: NDArray[Any], text: str) -> int | None:
    """Find the place of the id that is spelled so, None if there is none.

    Parameters
    ----------
    ids : ndarray of shape (n_ids,)
    text : str

    Returns
    -------
    place : int or None
    """
    places = np.flatnonzero(ids.astype(str) == text)
    return int(places[0]) if len(places) else None


def plain_id(value: Any) -> Hashable:
    """Turn a number of NumPy's into one of Python's, which reads and prints better.

    Parameters
    ----------
    value : Hashable

    Returns
    -------
    plain : Hashable
    """
    plain: Hashable = value.item() if isinstance(value, np.generic) else value
    return plain
