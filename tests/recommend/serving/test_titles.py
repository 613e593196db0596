"""Titles as people type them: what is found, what is refused, and what is said."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.datasets import load_sample_ratings, read_items
from recs_anomaly.recommend.serving.titles import (
    ParsedTitle,
    TitleError,
    TitleIndex,
    parse_title,
)

FAMES = {
    "Toy Story (1995)": 452,
    "Godfather, The (1972)": 413,
    "Godfather: Part II, The (1974)": 209,
    "Postino, Il (1994)": 101,
    "Misérables, Les (1995)": 23,
    "Seven (Se7en) (1995)": 236,
    "M*A*S*H (1970)": 206,
    "Schindler's List (1993)": 298,
    "Sense and Sensibility (1995)": 268,
    "Monty Python and the Holy Grail (1974)": 316,
    "Psycho (1960)": 239,
    "Psycho (1998)": 12,
    "Blade Runner (1982)": 275,
    "Blade Runner 2049 (2017)": 90,
    "Fargo (1996)": 508,
    "Star Trek IV: The Voyage Home (1986)": 198,
    "Star Trek: Generations (1994)": 116,
    "Chasing Amy (1997)": 279,
    "City of Lost Children, The (a.k.a. Cité des enfants perdus, La) (1995)": 57,
    "Friends (1994-2004)": 40,
    "千と千尋の神隠し (2001)": 31,
    "Clean Slate (1994)": 30,
    "Clean Slate (Coup de Torchon) (1981)": 9,
    "...": 1,
}
TITLES = list(FAMES)
INDEX = TitleIndex(TITLES, list(FAMES.values()))


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("toy story", "Toy Story (1995)"),
        ("  TOY   STORY (1995) ", "Toy Story (1995)"),
        ("Toy Story 1995", "Toy Story (1995)"),
        ("Toy Story (1996)", "Toy Story (1995)"),
        ("Toy Stroy", "Toy Story (1995)"),
        ("The Godfather", "Godfather, The (1972)"),
        ("godfather", "Godfather, The (1972)"),
        ("Godfather, The", "Godfather, The (1972)"),
        ("godfather ii", "Godfather: Part II, The (1974)"),
        ("il postino", "Postino, Il (1994)"),
        ("les miserables", "Misérables, Les (1995)"),
        ("LES MISÉRABLES", "Misérables, Les (1995)"),
        ("se7en", "Seven (Se7en) (1995)"),
        ("Seven (Se7en) (1995)", "Seven (Se7en) (1995)"),
        ("mash", "M*A*S*H (1970)"),
        ("schindlers list", "Schindler's List (1993)"),
        ("Sense & Sensibility", "Sense and Sensibility (1995)"),
        ("monty python holy grail", "Monty Python and the Holy Grail (1974)"),
        ("Psycho (1998)", "Psycho (1998)"),
        ("psycho 1960", "Psycho (1960)"),
        ("Blade Runner", "Blade Runner (1982)"),
        ("Blade Runner 2049", "Blade Runner 2049 (2017)"),
        (
            "la cité des enfants perdus",
            "City of Lost Children, The (a.k.a. Cité des enfants perdus, La) (1995)",
        ),
        ("clean slate", "Clean Slate (1994)"),
        ("coup de torchon", "Clean Slate (Coup de Torchon) (1981)"),
        ("clean slate (coup de torchon)", "Clean Slate (Coup de Torchon) (1981)"),
        ("Friends (1994)", "Friends (1994-2004)"),
        ("千と千尋の神隠し", "千と千尋の神隠し (2001)"),
        ("...", "..."),
    ],
)
def test_a_title_is_found_as_people_write_it(asked: str, title: str) -> None:
    assert TITLES[INDEX.find(asked)] == title


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            "psycho",
            "'psycho' could be 'Psycho (1960)', 'Psycho (1998)'; "
            "add the year or more words.",
        ),
        (
            "star trek",
            "'star trek' could be 'Star Trek IV: The Voyage Home (1986)', "
            "'Star Trek: Generations (1994)'; add the year or more words.",
        ),
        (
            "Fargo (1990)",
            "'Fargo (1990)' is no title among the 24 rated items; "
            "the nearest are 'Fargo (1996)'.",
        ),
        (
            "Chasing Armadillos",
            "'Chasing Armadillos' is no title among the 24 rated items; "
            "the nearest are 'Chasing Amy (1997)'.",
        ),
        (
            "Toy Story 2",
            "'Toy Story 2' is no title among the 24 rated items; "
            "the nearest are 'Toy Story (1995)'.",
        ),
        (
            "Star Trek VI: The Voyage Home",
            "'Star Trek VI: The Voyage Home' is no title among the 24 rated items; "
            "the nearest are 'Star Trek IV: The Voyage Home (1986)'.",
        ),
        ("qqqq", "'qqqq' is no title among the 24 rated items."),
        ("it", "'it' is no title among the 24 rated items."),
        ("\x1b[31m", "'\\x1b[31m' is no title among the 24 rated items."),
        (" ", "A title must not be empty."),
    ],
)
def test_what_cannot_be_decided_is_said_with_the_nearest(
    asked: str, message: str
) -> None:
    with pytest.raises(TitleError) as refusal:
        INDEX.find(asked)
    assert str(refusal.value) == message


def test_of_items_that_cannot_be_told_apart_the_famous_one_is_meant() -> None:
    index = TitleIndex(["Chasing Amy (1997)", "Chasing Amy (1997)"], [124, 155])
    assert index.find("chasing amy") == 1


def test_many_candidates_are_counted_and_the_famous_ones_named() -> None:
    titles = [f"Part {n} of the Saga" for n in range(9)]
    with pytest.raises(TitleError, match=r"could be 'Part 8 .*'Part 4 .* and 4 more;"):
        TitleIndex(titles, list(range(9))).find("the saga")


def test_named_asks_for_the_very_name() -> None:
    assert INDEX.named("psycho") == [10, 11]
    assert INDEX.named("Psycho (1998)") == [11]
    assert INDEX.named("toy stroy") == []


def test_a_title_comes_apart_into_names_and_year() -> None:
    assert parse_title("Shanghai Triad (Yao a yao yao) (1995)") == ParsedTitle(
        ("shanghai triad", "yao a yao yao"), 1995
    )
    assert parse_title("Land Before Time III (1995) (V)").year == 1995
    assert parse_title("(1995)") == ParsedTitle(("(1995)",), 1995)


def test_every_title_of_the_sample_finds_its_own_item() -> None:
    items = load_sample_ratings().items
    titles = items["title"].tolist()
    index = TitleIndex(titles, [1] * len(titles))
    assert [index.find(title) for title in titles] == list(range(len(titles)))


@given(st.text())
def test_any_text_is_found_under_itself_or_is_blank(title: str) -> None:
    index = TitleIndex([title], [1])
    if title.strip():
        assert index.find(title) == 0
    else:
        with pytest.raises(TitleError, match="must not be empty"):
            index.find(title)


@pytest.mark.realdata
def test_every_title_of_movielens_finds_its_own_item_or_a_twin(
    real_data_home: Path,
) -> None:
    titles = read_items(real_data_home / "ml-100k" / "u.item")["title"].tolist()
    index = TitleIndex(titles, [1] * len(titles))
    found = [titles[index.find(title)] for title in titles]
    assert list(map(parse_title, found)) == list(map(parse_title, titles))
