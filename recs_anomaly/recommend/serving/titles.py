"""From what people type to the one item they mean."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from rapidfuzz import fuzz, process

from recs_anomaly.exceptions import InputError

_YEAR = re.compile(r"\s*\(\s*(\d{4})\b[^()]*\)\s*(?:\((?:V|TV|VG)\)\s*)?$")
_BARE_YEAR = re.compile(r"\s+((?:18|19|20)\d{2})\s*$")
_ALIAS = re.compile(r"\(\s*(?:a\.?k\.?a\.?:?\s+)?([^()]+)\)", re.IGNORECASE)
# Catalogues write "Godfather, The" and "Postino, Il".
_ARTICLE_LAST = re.compile(
    r"^(.+), (the|an?|il|la|l'|lo|gli|i|le|les|un|une|el|los|las|der|die|das|det|den|"
    r"de|het|en|os|o)$",
    re.IGNORECASE,
)
_ENGLISH_ARTICLE = re.compile(r"^(?:the|an?) (?=.)")
_NUMBER = re.compile(r"\b(?:\d+|i[ivx]|[vx]i{0,3}|iii)\b")
_SPACED_LETTERS = re.compile(r"\b[^\W\d]\b(?: [^\W\d]\b)+")  # "M*A*S*H", "E.T."
_NO_APOSTROPHES = str.maketrans("", "", "'’`´")

# Distributors, countries and catalogues disagree by one year, not by more.
_YEAR_SLACK = 1
# "Toy Stroy" resembles "toy story" by 0.89, and "Batman" "Catwoman" by 0.71.
_MIN_RESEMBLANCE = 0.82
# A second title that resembles what was typed nearly as much makes it ambiguous.
_RESEMBLANCE_MARGIN = 0.05
_WORTH_MENTIONING = 0.6
_N_MENTIONED = 5
# Shorter words than this occur anywhere.
_SHORTEST_CLUE = 3


class TitleError(InputError, LookupError):
    """No item, or more than one, goes by the title that was asked for.

    Parameters
    ----------
    message : str
    is_unknown : bool, default=False
        Whether there is none.
    """

    def __init__(self, message: str, is_unknown: bool = False) -> None:
        super().__init__(message)
        self.is_unknown = is_unknown


class ParsedTitle(NamedTuple):
    """A title taken apart so that spellings of the same one become equal.

    Attributes
    ----------
    names : tuple of str
        The main name and those in parentheses, without case, accents, punctuation
        and the article at the beginning.
    year : int or None
    """

    names: tuple[str, ...]
    year: int | None


def parse_title(text: str) -> ParsedTitle:
    """Take a title apart.

    Parameters
    ----------
    text : str

    Returns
    -------
    parsed : ParsedTitle

    Examples
    --------
    >>> parse_title("Misérables, Les (1995)")
    ParsedTitle(names=('les miserables',), year=1995)
    >>> parse_title("The Postman (Postino, Il)")
    ParsedTitle(names=('postman', 'il postino'), year=None)
    """
    dated = _YEAR.search(text)
    year = int(dated[1]) if dated else None
    name = text[: dated.start()] if dated else text
    spellings = [_ALIAS.sub(" ", name), *_ALIAS.findall(name)]
    names = tuple(dict.fromkeys(filter(None, map(_plain, spellings))))
    return ParsedTitle(names or (text.strip().casefold(),), year)


def _plain(name: str) -> str:
    name = _ARTICLE_LAST.sub(r"\2 \1", " ".join(name.split()))
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    bare = bare.translate(_NO_APOSTROPHES).replace("&", " and ")
    words = " ".join(re.sub(r"[\W_]", " ", bare).split())
    acronyms_joined = _SPACED_LETTERS.sub(lambda run: run[0].replace(" ", ""), words)
    return _ENGLISH_ARTICLE.sub("", acronyms_joined)


class TitleIndex:
    """Finds items by what people type for their titles.

    In this order, the first rule that finds anything decides: the same name, and the
    same other names if it has any; the same as one of its names; a title that has all
    the words; a title that is spelled much alike. A year that was typed
    must agree, give or take one. Items that agree in all of their names and in the
    year cannot be told apart; the one with most ratings stands for them.

    Parameters
    ----------
    titles : sequence of str
    n_ratings : sequence of int
        How often each item was rated: items often rated are mentioned first.

    Examples
    --------
    >>> index = TitleIndex(["Godfather, The (1972)", "Toy Story (1995)"], [413, 452])
    >>> index.find("the godfather"), index.find("Toy Stroy")
    (0, 1)
    """

    def __init__(self, titles: Sequence[str], n_ratings: Sequence[int]) -> None:
        self._titles = titles
        self._n_ratings = n_ratings

    def find(self, asked: str) -> int:
        """Find the row of the one item that goes by a title.

        Parameters
        ----------
        asked : str

        Returns
        -------
        row : int

        Raises
        ------
        TitleError
            If it is empty, no title is like it, or several are and differ; the message
            names the nearest.
        """
        if not asked.strip():
            raise TitleError("A title must not be empty.")
        for query in _readings(asked):
            for rule in (
                self._same_names,
                self._same_name,
                self._with_all_words,
                self._spelled_alike,
            ):
                rows = self._of_the_year(query.year, rule(query))
                if rows:
                    return self._only_one(asked, rows)
        raise TitleError(
            f"{asked!r} is no title among the {len(self._titles):,} rated items"
            f"{self._nearest(parse_title(asked))}.",
            is_unknown=True,
        )

    def named(self, asked: str) -> list[int]:
        """Find the rows of all items that have exactly this name, and year if given.

        Parameters
        ----------
        asked : str

        Returns
        -------
        rows : list of int
            Empty if there is none.
        """
        query = parse_title(asked)
        return self._of_the_year(query.year, self._same_name(query))

    @cached_property
    def _parsed(self) -> list[ParsedTitle]:
        return [parse_title(title) for title in self._titles]

    @cached_property
    def _rows_by_name(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, parsed in enumerate(self._parsed):
            for name in parsed.names:
                rows.setdefault(name, []).append(row)
        return rows

    def _same_names(self, query: ParsedTitle) -> set[int]:
        rows = self._same_name(query)
        return {row for row in rows if self._parsed[row].names == query.names}

    def _same_name(self, query: ParsedTitle) -> set[int]:
        return {row for name in query.names for row in self._rows_by_name.get(name, ())}

    def _with_all_words(self, query: ParsedTitle) -> set[int]:
        words = set(query.names[0].split())
        if max(map(len, words), default=0) < _SHORTEST_CLUE:
            return set()
        return {
            row
            for name, rows in self._rows_by_name.items()
            if words.issubset(name.split())
            for row in rows
        }

    def _spelled_alike(self, query: ParsedTitle) -> set[int]:
        near = self._resembling(query, _MIN_RESEMBLANCE)
        # "Toy Story 2" is no misspelling of "Toy Story".
        number = _numbers(query.names[0])
        near = {name: near[name] for name in near if _numbers(name) == number}
        return {
            row
            for name, resemblance in near.items()
            if resemblance >= max(near.values()) - _RESEMBLANCE_MARGIN
            for row in self._rows_by_name[name]
        }

    def _resembling(self, query: ParsedTitle, least: float) -> dict[str, float]:
        found = process.extract(
            query.names[0],
            list(self._rows_by_name),
            scorer=fuzz.ratio,
            limit=_N_MENTIONED,
            score_cutoff=100 * least,
        )
        return {name: percent / 100 for name, percent, _ in found}

    def _of_the_year(self, year: int | None, candidates: Iterable[int]) -> list[int]:
        rows = sorted(candidates)
        if year is None:
            return rows
        apart = {row: self._years_apart(year, row) for row in rows}
        least = min(apart.values(), default=0)
        return [row for row in rows if apart[row] == least <= _YEAR_SLACK]

    def _years_apart(self, year: int, row: int) -> int:
        own = self._parsed[row].year
        return 0 if own is None else abs(own - year)

    def _only_one(self, asked: str, rows: list[int]) -> int:
        by_fame = sorted(rows, key=lambda row: -self._n_ratings[row])
        if len({self._parsed[row] for row in rows}) > 1:
            titles = self._distinct_titles(by_fame)
            n_left = len(titles) - _N_MENTIONED
            raise TitleError(
                f"{asked!r} could be {', '.join(titles[:_N_MENTIONED])}"
                f"{f' and {n_left} more' if n_left > 0 else ''}; "
                "add the year or more words."
            )
        return by_fame[0]

    def _nearest(self, query: ParsedTitle) -> str:
        near = self._resembling(query, _WORTH_MENTIONING)
        titles = self._distinct_titles(
            row for name in near for row in self._rows_by_name[name]
        )
        return f"; the nearest are {', '.join(titles[:_N_MENTIONED])}" if titles else ""

    def _distinct_titles(self, rows: Iterable[int]) -> list[str]:
        return list(dict.fromkeys(repr(self._titles[row]) for row in rows))


def _numbers(name: str) -> list[str]:
    return _NUMBER.findall(name)


def _readings(asked: str) -> Iterator[ParsedTitle]:
    """Read as typed, and then with a bare number at the end as the year."""
    query = parse_title(asked)
    yield query
    bare_year = _BARE_YEAR.search(asked)
    if query.year is None and bare_year:
        yield ParsedTitle(
            parse_title(asked[: bare_year.start()]).names, int(bare_year[1])
        )
