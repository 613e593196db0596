"""What is known of items and people beside ratings, and the priors that follow from it.

A table of features becomes numbers; ridge regressions turn these into where the
features of an item, the weights of a person and the choices of a person are expected to
be before there are ratings. Ratings then move them, the farther the more there are.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats, Ints, Singles
from recs_anomaly.exceptions import InputError

NUMBER, CATEGORY, WORDS, TEXT = "number", "category", "words", "text"
BETWEEN_WORDS = "|"
WORD = re.compile(r"\b\w\w+\b")
# Choices that what is known of a person beside choices weighs as much as: more served
# people of MovieLens 100K with three choices worse, and helped nobody.
CHOICES_OF_PRIOR = 0.5


class SideInformation(NamedTuple):
    """What is known beside ratings, as numbers; in the last row nothing is known.

    The maps have a row for each column of the users, and a last one for everybody.
    """

    columns: dict[str, Any]  # how the tables of items and users became numbers
    of_items: Annotated[
        Singles, ArraySpec("float32", ("n_items + 1", "n_item_columns"))
    ]
    of_users: Annotated[
        Singles, ArraySpec("float32", ("n_users + 1", "n_user_columns"))
    ]
    # To the weights of a person in the item view, and to hidden units of choices.
    to_weights: Annotated[
        Floats, ArraySpec("float64", ("n_user_columns + 1", "n_features"))
    ]
    to_hidden: Annotated[
        Floats, ArraySpec("float64", ("n_user_columns + 1", "n_units"))
    ]

    def priors(self, users: Ints) -> "Priors":
        """Tell what is expected of users before their ratings."""
        return self.priors_of(self.of_users[users])

    def of_person(self, features: Mapping[str, Any]) -> Singles:
        """Turn the features of one person into a row of numbers."""
        columns = self.columns["users"]
        names = {column["name"] for column in columns}
        if unknown := set(map(str, features)) - names:
            raise InputError(
                f"user_features must be of the columns {sorted(names)}; got "
                f"{sorted(unknown)}."
            )
        row = {name: pd.Series([cell]) for name, cell in features.items()}
        return encoded(columns, pd.DataFrame(row, index=[0]))

    def priors_of(self, known: Floats | Singles) -> "Priors":
        """Tell what is expected of people, by what is known of them, a row each."""
        place = with_one(known)
        return Priors(place @ self.to_weights, place @ self.to_hidden)


class FeatureTables(NamedTuple):
    """Tables of features by id, None where there is none, and how they are read."""

    items: pd.DataFrame | None
    users: pd.DataFrame | None
    columns: dict[str, Any]  # of the tables, as `encoded` takes them

    @property
    def ids(self) -> tuple[pd.Index | None, pd.Index | None]:
        """Ids of users and items that are known by features."""
        of_items = None if self.items is None else self.items.index
        return (None if self.users is None else self.users.index), of_items

    def numbers(self, users: NDArray[Any], items: NDArray[Any]) -> SideInformation:
        """Turn the tables into numbers for all ids; nothing is expected of people."""
        of_users = _rows_of(self.columns["users"], self.users, users)
        of_items = _rows_of(self.columns["items"], self.items, items)
        nothing = np.zeros((of_users.shape[1] + 1, 0))
        return SideInformation(self.columns, of_items, of_users, nothing, nothing)


def _rows_of(
    columns: Sequence[Mapping[str, Any]], table: pd.DataFrame | None, ids: NDArray[Any]
) -> Singles:
    """Numbers of each id, and a last row of nothing; so has an id without a row."""
    if table is None:
        return np.zeros((len(ids) + 1, 0), np.float32)
    # By text: ratings may spell as "7" what the table counts as 7.
    places = pd.Index(table.index.map(str)).get_indexer([str(each) for each in ids])
    numbers = encoded(columns, table)
    nothing = np.zeros((1, numbers.shape[1]), np.float32)
    known: Singles = np.concatenate([numbers, nothing])
    return known.take(np.append(places, -1), axis=0)


class Side(NamedTuple):
    """Side information, if any was given."""

    given: SideInformation | None

    def priors_of_person(self, features: Mapping[str, Any] | None) -> "Priors | None":
        """Tell what is expected of somebody new, of whom something may be known."""
        if self.given is None:
            if features is not None:
                raise InputError(
                    "user_features need a model that was fitted with user_features."
                )
            return None
        return self.given.priors_of(self.given.of_person(features or {}))

    def at_users(self, users: Ints) -> "Side":
        """Keep the users at these places."""
        if self.given is None:
            return self
        return Side(self.given._replace(of_users=self.given.of_users[users]))

    def with_room(self, n_users: int, n_items: int) -> "Side":
        """Let there be so many rows; of those that are new nothing is known."""
        if self.given is None:
            return self
        of_users = _with_rows(self.given.of_users, n_users)
        of_items = _with_rows(self.given.of_items, n_items)
        return Side(self.given._replace(of_users=of_users, of_items=of_items))


def _with_rows(known: Singles, n: int) -> Singles:
    new = np.zeros((n - len(known), known.shape[1]), np.float32)
    return np.concatenate([known, new])


class Priors(NamedTuple):
    """What is expected of people before their ratings, a row a person."""

    weights: Floats  # (n, n_features) in the item view
    hidden: Floats  # (n, n_units) of choices

    def at(self, places: Ints) -> "Priors":
        """Pick the people at these places."""
        return Priors(self.weights[places], self.hidden[places])


def with_one(known: Floats | Singles) -> Floats:
    """Append a column of ones."""
    return np.hstack([known.astype(np.float64), np.ones((len(known), 1))])


def fading(prior: Floats, counts: Ints | Floats) -> Floats:
    """Let a prior say less to rows with more choices."""
    return np.asarray(prior * (CHOICES_OF_PRIOR / (CHOICES_OF_PRIOR + counts))[:, None])


def encoded(columns: Sequence[Mapping[str, Any]], table: pd.DataFrame) -> Singles:
    """Turn rows of features into numbers; what is missing or new says nothing."""
    parts = [
        ENCODERS[column["kind"]](column, table[column["name"]])
        if column["name"] in table
        else np.zeros((len(table), width_of(column)))
        for column in columns
    ]
    return np.hstack([np.zeros((len(table), 0)), *parts]).astype(np.float32)


def width_of(column: Mapping[str, Any]) -> int:
    """Count the numbers that a column of features becomes."""
    if column["kind"] == NUMBER:
        return 1 + (len(column["edges"]) + 1 if column["edges"] else 0)
    return len(column["values"])


def _numbers(column: Mapping[str, Any], cells: pd.Series) -> Floats:
    """Distance from the mean in standard deviations, and the quantile it lies in."""
    values = numbers_of(cells)
    is_known = np.isfinite(values)
    place = np.where(is_known, (values - column["centre"]) / column["spread"], 0.0)
    edges = column["edges"]
    if not edges:
        return place[:, None]
    bins = np.eye(len(edges) + 1)[np.searchsorted(edges, values)] * is_known[:, None]
    return np.column_stack([place, bins])


def _categories(column: Mapping[str, Any], cells: pd.Series) -> Floats:
    return _places(column["values"], ([str(cell)] for cell in cells), len(cells))


def _words(column: Mapping[str, Any], cells: pd.Series) -> Floats:
    return _places(column["values"], map(words_of, cells), len(cells))


def _text(column: Mapping[str, Any], cells: pd.Series) -> Floats:
    """Frequencies of words, rare words weighing more; rows have length 1."""
    counts = _places(column["values"], map(tokens_of, cells), len(cells))
    weighed = counts * np.array(column["weights"])
    length = np.linalg.norm(weighed, axis=1, keepdims=True)
    return np.asarray(weighed / np.maximum(length, 1e-12))


ENCODERS = {NUMBER: _numbers, CATEGORY: _categories, WORDS: _words, TEXT: _text}


def _places(
    values: Sequence[str], rows: Iterable[Iterable[str]], n_rows: int
) -> Floats:
    """Count in each row how often it holds each value."""
    place = {value: number for number, value in enumerate(values)}
    counts = np.zeros((n_rows, len(values)))
    for number, row in enumerate(rows):
        for value in row:
            if value in place:
                counts[number, place[value]] += 1.0
    return counts


def numbers_of(cells: pd.Series) -> Floats:
    """Numbers of a column, NaN where there is none; dates are years."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        return np.asarray(cells.dt.year + cells.dt.day_of_year / 366.0, np.float64)
    values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def is_missing(cell: Any) -> bool:
    """Whether a cell says nothing."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return (isinstance(cell, float) and math.isnan(cell)) or cell == ""


def words_of(cell: Any) -> list[str]:
    """Words of a cell: of a list, or of a text with bars between."""
    if isinstance(cell, list | tuple | set | frozenset | np.ndarray):
        return [str(word) for word in cell]
    if is_missing(cell):
        return []
    return [word.strip() for word in str(cell).split(BETWEEN_WORDS) if word.strip()]


def tokens_of(cell: Any) -> list[str]:
    """Words of a free text, in lower case."""
    return [] if is_missing(cell) else WORD.findall(str(cell).lower())


def is_list(cells: Iterable[Any]) -> Bools:
    """Tell which cells hold several words."""
    kinds = (list, tuple, set, frozenset, np.ndarray)
    return np.array(
        [
            isinstance(cell, kinds) or (isinstance(cell, str) and BETWEEN_WORDS in cell)
            for cell in cells
        ],
        bool,
    )
