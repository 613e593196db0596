"""The index of what the demo made."""

from collections.abc import Sequence
from dataclasses import dataclass

from recs_anomaly.reports.pages import page_of


@dataclass(frozen=True)
class Link:
    """A file that was made.

    Attributes
    ----------
    path : str
        From the index to the file.
    text : str
        What it is.
    """

    path: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """One job of the demo.

    Attributes
    ----------
    question : str
    sentence : str
        What came of it.
    links : sequence of Link
        The first is what to look at first.
    commands : sequence of str
        To type next.
    picture : str, default=""
        From the index to a picture to show.
    """

    question: str
    sentence: str
    links: Sequence[Link]
    commands: Sequence[str]
    picture: str = ""


def demo_page(chapters: Sequence[Chapter]) -> str:
    """Set the index as HTML.

    Parameters
    ----------
    chapters : sequence of Chapter

    Returns
    -------
    page : str
        It refers to the files of the chapters, and to nothing else.
    """
    return page_of("demo.html", chapters=chapters)
