"""Text as people read it: made safe to show, with plurals."""

import unicodedata

# Marks that turn the direction of the text around them, and so can disguise it.
_DIRECTION_MARKS = set(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
# Control characters, halves of characters, and separators of lines and paragraphs.
_UNSAFE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    r"""Replace what could steer a terminal instead of being read.

    Parameters
    ----------
    text : str

    Returns
    -------
    safe : str
        As long as `text`.

    Examples
    --------
    >>> printable("Alien\x1b[2J (1979)")
    'Alien�[2J (1979)'
    """
    if text.isprintable():
        return text
    return "".join(_REPLACEMENT if _is_unsafe(each) else each for each in text)


def _is_unsafe(character: str) -> bool:
    is_mark = character in _DIRECTION_MARKS
    return is_mark or unicodedata.category(character) in _UNSAFE_CATEGORIES


def counted(number: int, what: str) -> str:
    """Put a number before what is counted.

    Parameters
    ----------
    number : int
    what : str
        One of it; a plural in s is made where there are others.

    Returns
    -------
    told : str

    Examples
    --------
    >>> counted(1, "gap"), counted(1200, "gap")
    ('1 gap', '1,200 gaps')
    """
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
