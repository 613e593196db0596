"""Titles and genres of films that do not exist."""

from typing import NamedTuple

import numpy as np

FIRST_YEAR, LAST_YEAR = 1921, 2019


class _Wording(NamedTuple):
    """The words a genre likes to see on its posters."""

    adjectives: tuple[str, ...]
    nouns: tuple[str, ...]


def _wording(adjectives: str, nouns: str) -> _Wording:
    return _Wording(tuple(adjectives.split()), tuple(nouns.split()))


_WORDINGS = {
    "Adventure": _wording(
        "Forgotten Golden Northern Reckless Uncharted Wayward Sunken Faraway",
        "Compass Caravan Airship Expedition Lagoon Mountaineer Raft Map Monsoon "
        "Cartographer",
    ),
    "Animation": _wording(
        "Bouncing Tiny Striped Whistling Paper Upside-Down Marmalade Curious",
        "Hedgehog Teapot Snail Balloon Umbrella Penguin Crayon Dumpling Otter Button",
    ),
    "Comedy": _wording(
        "Awkward Borrowed Overdue Misplaced Unlikely Second-Best Slightly-Used Merry",
        "Dentist Accordion Wedding Sandwich Landlord Moustache Understudy Lawnmower "
        "Referee Casserole",
    ),
    "Crime": _wording(
        "Crooked Midnight Bitter Unpaid Counterfeit Rain-Soaked Quiet Double",
        "Ledger Alibi Safecracker Pawnbroker Getaway Informant Matchbook Verdict "
        "Racket Locksmith",
    ),
    "Documentary": _wording(
        "Ordinary Hidden Slow Patient Everyday Vanishing Hand-Made Unwritten",
        "Orchard Glacier Beekeeper Loom Ferry Alphabet Harvest Archive Bakery Tide",
    ),
    "Drama": _wording(
        "Autumn Unfinished Fragile Long Silent Distant Second Unsent",
        "Letter Inheritance Piano Winter Daughter Orchardist Promise Staircase "
        "Reunion Harbour",
    ),
    "Fantasy": _wording(
        "Enchanted Ivory Moonlit Thirteenth Whispering Emerald Sleeping Winged",
        "Griffin Lantern Alchemist Labyrinth Throne Riddle Oak Spellbook Mirror Raven",
    ),
    "Horror": _wording(
        "Hollow Crawling Unquiet Pale Buried Restless Rotten Starless",
        "Cellar Scarecrow Lullaby Doll Graveyard Attic Moth Well Séance Visitor",
    ),
    "Musical": _wording(
        "Dancing Sparkling Velvet Swinging Barefoot Starlit Singing Tip-Top",
        "Chorus Tango Bandstand Trombone Ballroom Serenade Tambourine Rooftop "
        "Showboat Encore",
    ),
    "Mystery": _wording(
        "Missing Locked Seventh Invisible Porcelain Anonymous Foggy Absent",
        "Clockmaker Key Telegram Conservatory Stranger Footprint Violinist Portrait "
        "Lighthouse Librarian",
    ),
    "Romance": _wording(
        "Tender Summer Secret Lemon-Scented Bashful First Windswept Patient",
        "Postcard Waltz Gondola Rosebud Bookshop Serenader Picnic Kiss Balcony Bicycle",
    ),
    "Sci-Fi": _wording(
        "Orbital Quantum Chrome Thousandth Frozen Lunar Obsolete Last",
        "Robot Comet Telescope Android Colony Signal Astronaut Paradox Satellite "
        "Greenhouse",
    ),
}
GENRES = tuple(_WORDINGS)

_NAMES = (
    "Agatha Anselm Beatrix Bruno Clementine Cosmo Dorothea Edmund Esperanza Felix "
    "Greta Hugo Ingrid Jasper Kalinda Leopold Mabel Nikolai Odette Percival Quentin "
    "Rosalind Sunniva Tobias Ulla Viola Wendell Xiomara Yusuf Zelda"
).split()
_PLACES = (
    "Aldermoor Bellavista Cinderford Dunmarrow Eastwick-on-Sea Fernhollow Gullhaven "
    "Halfmoon-Bay Ivybridge Juniper-Hill Kestrel-Point Lower-Thistle Marigold-Street "
    "Nettlecombe Old-Saltmarsh Port-Amaryllis Quarry-Lane Ravensbourne Silverstrand "
    "Three-Bridges Upper-Puddle Velmora Willowmere Zanthia"
).split()
_PATTERNS = (
    "The {adjective} {noun}",
    "The {noun} of {place}",
    "{name} and the {adjective} {noun}",
    "The {adjective} {noun} of {place}",
    "{name}'s {noun}",
    "{article} {noun} for {name}",
    "Goodbye, {adjective} {noun}",
)


def draw_genres(rng: np.random.Generator, n_items: int) -> np.ndarray:
    """Draw one to three genres for each item.

    Parameters
    ----------
    rng : numpy Generator
    n_items : int

    Returns
    -------
    has_genre : bool ndarray of shape (n_items, n_genres)
        Columns in the order of `GENRES`.
    """
    n_genres_of_item = rng.choice((1, 2, 3), size=n_items, p=(0.4, 0.42, 0.18))
    ranks = rng.random((n_items, len(GENRES))).argsort(axis=1).argsort(axis=1)
    return np.asarray(ranks < n_genres_of_item[:, np.newaxis])


def draw_titles(rng: np.random.Generator, has_genre: np.ndarray) -> list[str]:
    """Invent a distinct title, ``Name (Year)``, for each row of genres.

    The words come from one of the item's own genres. A name drawn twice becomes a
    sequel with a number, so that no two titles are equal.

    Parameters
    ----------
    rng : numpy Generator
    has_genre : bool ndarray of shape (n_items, n_genres)

    Returns
    -------
    titles : list of n_items str
    """
    n_items = len(has_genre)
    main_genre = np.where(has_genre, rng.random(has_genre.shape), -1.0).argmax(axis=1)
    draws = rng.random((n_items, 5))
    years = rng.triangular(FIRST_YEAR, LAST_YEAR, LAST_YEAR + 1, n_items).astype(int)
    n_seen: dict[str, int] = {}
    titles = []
    for genre, draw, year in zip(main_genre, draws, years, strict=True):
        name = _film_name(_WORDINGS[GENRES[genre]], draw)
        n_seen[name] = n_seen.get(name, 0) + 1
        sequel = f" {n_seen[name]}" if n_seen[name] > 1 else ""
        titles.append(f"{name}{sequel} ({year})")
    return titles


def _film_name(wording: _Wording, draw: np.ndarray) -> str:
    """Fill a pattern with words, each picked by one of the five numbers in [0, 1)."""
    choices = (_PATTERNS, wording.adjectives, wording.nouns, _NAMES, _PLACES)
    pattern, adjective, noun, name, place = (
        words[int(number * len(words))]
        for words, number in zip(choices, draw, strict=True)
    )
    return pattern.format(
        article="An" if noun[0] in "AEIOU" else "A",
        adjective=adjective,
        noun=noun,
        name=name,
        place=place.replace("-", " "),
    )
