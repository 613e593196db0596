"""What is settled about a file of a series by looking at the whole of it."""

from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Self

# A space separates only where nothing else does: names and titles hold spaces.
DELIMITERS = ("::", "\t", ",", ";", "|", " ")
# Latin-1 is what earlier files were told to be that are Windows-1252.
ENCODINGS = ("utf-8", "cp1252", "utf-16", "latin-1")
TIME_UNITS = ("", "date", "start", "s", "ms", "us", "ns")


@dataclass(frozen=True)
class SeriesLayout:
    """How a file spells a series.

    A cell means what it means because of the cells around it: 3/02/2026 is in February
    where another row says 13/02/2026. `read_series` settles that for a file; what comes
    later from the same source, whole or line by line, is read by the same layout.

    Attributes
    ----------
    delimiter : str, default=""
        What stands between cells; empty where the file is not text.
    encoding : {"utf-8", "cp1252", "utf-16", "latin-1"}, default="utf-8"
    columns : tuple of str, default=()
        Names of all columns, in their order: x0, x1, ... where the file has no names.
    time : tuple of str, default=()
        The column of times; two where the day and the time of day have one each.
    time_unit : {"", "date", "start", "s", "ms", "us", "ns"}, default=""
        What times are: dates, seconds since the start, or so many units since 1970.
        Empty where there are none.
    day_first : bool, default=False
        Whether 1/2/2026 is in February.
    thousands : tuple of (str, str), default=()
        Columns whose numbers part their thousands, and what parts them, such as the
        comma in 1,234.5.
    """

    delimiter: str = ""
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    time_unit: str = ""
    day_first: bool = False
    thousands: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as plain values, for instance to keep with a model."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Make the layout again.

        Parameters
        ----------
        values : dict
            Of `to_dict`.

        Returns
        -------
        layout : SeriesLayout
        """
        return cls(**values)


def a_layout(value: object) -> bool:
    """Return whether a plain value is what `SeriesLayout.to_dict` returns.

    Parameters
    ----------
    value : object

    Returns
    -------
    is_layout : bool
    """
    plain = SeriesLayout().to_dict()
    if not isinstance(value, dict) or value.keys() != plain.keys():
        return False
    if any(type(value[name]) is not type(plain[name]) for name in plain):
        return False
    pairs = value["thousands"]
    if not all(type(pair) is tuple and len(pair) == 2 for pair in pairs):
        return False
    texts = (*value["columns"], *value["time"], *chain(*pairs))
    return (
        all(type(text) is str for text in texts)
        and value["delimiter"] in ("", *DELIMITERS)
        and value["encoding"] in ENCODINGS
        and value["time_unit"] in TIME_UNITS
    )
