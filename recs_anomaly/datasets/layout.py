"""What is settled about a file of a series by looking at the whole of it."""

from dataclasses import asdict, dataclass
from typing import Any, Self


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
    encoding : {"utf-8", "latin-1", "utf-16"}, default="utf-8"
    columns : tuple of str, default=()
        Names of all columns, in their order: x0, x1, ... where the file has no names.
    time : tuple of str, default=()
        The column of times; two where the day and the time of day have one each.
    time_format : str, default=""
        "ISO8601", "mixed" or a format for `strptime` where times are dates. Where they
        are numbers, what these count: "s", "ms", "us" or "ns" since 1970, or "start":
        seconds since the start. Empty where there are no times.
    day_first : bool, default=False
        Whether 1/2/2026 is in February.
    thousands : str, default=""
        What parts the thousands in a number, such as the comma in 1,234.5.
    """

    delimiter: str = ""
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    time_format: str = ""
    day_first: bool = False
    thousands: str = ""

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
    return (
        isinstance(value, dict)
        and value.keys() == plain.keys()
        and all(type(value[name]) is type(plain[name]) for name in plain)
        and all(type(name) is str for name in (*value["columns"], *value["time"]))
        and value["encoding"] in ("utf-8", "latin-1", "utf-16")
        and max(len(value["delimiter"]), len(value["thousands"])) <= len("::")
    )
