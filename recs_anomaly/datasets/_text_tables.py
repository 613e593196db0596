"""Tables in text files of unknown make: their encoding, delimiter and cells."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from recs_anomaly.datasets.layout import DELIMITERS
from recs_anomaly.exceptions import InputError

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE_BYTES = 1 << 16
# MovieLens' own formats never quote; there a quotation mark is part of a title.
_UNQUOTED = ("::", "|")
# The parser splits at single characters only; no text file holds this one.
_UNIT_SEPARATOR = "\x1f"


class TableFileError(InputError):
    """A file does not hold the table that it should."""


@dataclass(frozen=True)
class DelimitedText:
    """A text file in memory, and how it spells its table.

    Attributes
    ----------
    path : Path
    text : bytes
        The file's content as UTF-8, without blank lines at the top.
    delimiter : str
        ``"::"`` or one character.
    first_row : tuple of str
        Cells of the first line: names, or already values.
    encoding : {"utf-8", "latin-1", "utf-16"}
        Of the file.
    """

    path: Path
    text: bytes = field(repr=False)
    delimiter: str
    first_row: tuple[str, ...]
    encoding: str


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what can go wrong with a file on disk into one sentence of ours."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise TableFileError(f"{path} is no file that can be read more than once.")
    try:
        yield
    except FileNotFoundError as error:
        raise TableFileError(f"{path} does not exist.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TableFileError(f"{path} is a damaged gzip file: {error}.") from error
    except OSError as error:
        rule = "is a folder; name the file in it" if path.is_dir() else "cannot be read"
        raise TableFileError(f"{path} {rule} ({error.strerror}).") from error


def read_text_table(path: Path, *, least_columns: int = 2) -> DelimitedText:
    """Read a text file and find out how it spells its table.

    Parameters
    ----------
    path : Path
        A text file, plain or packed with gzip.
    least_columns : int, default=2
        1 if a table of one column is one.

    Returns
    -------
    table : DelimitedText

    Raises
    ------
    TableFileError
        If the file is empty, binary, a web page, or has too few columns.
    """
    text, encoding = _as_utf8(_unpacked(path.read_bytes()))
    text = text[re.match(rb"(?:[ \t]*(?:\r\n|\r|\n))*", text).end() :]  # type: ignore[union-attr]
    sample = text[:_SAMPLE_BYTES]
    sample_text = sample.decode(errors="replace")
    if not sample_text.strip():
        raise TableFileError(f"{path} is empty.")
    if b"\0" in sample:
        raise TableFileError(
            f"{path} is a binary file; tables are read from text (CSV, TSV and "
            "their like; plain or gzip) and Parquet."
        )
    if re.match(rb"\s*<(!doctype|html|head|\?xml)", sample, re.IGNORECASE):
        raise TableFileError(
            f"{path} is a web page, not a table; download the file itself again."
        )
    delimiter = delimiter_of(sample_text)
    if delimiter is None and least_columns == 1:
        delimiter = ","
    if delimiter is None:
        raise TableFileError(
            f"{path} has only one column, starting with {sample_text.split()[0]!r}; "
            "columns are separated by a comma, tab, semicolon, space, '|' or '::'."
        )
    first_row = tuple(_rows(sample_text, delimiter)[0])
    return DelimitedText(path, text, delimiter, first_row, encoding)


def text_columns(
    table: DelimitedText, columns: Mapping[str, int], *, has_header: bool
) -> dict[str, pa.ChunkedArray]:
    """Cut some columns out of a table, as the text that stands in the file.

    Parameters
    ----------
    table : DelimitedText
    columns : mapping of str to int
        Name to give, and place in the file from 0.
    has_header : bool
        Whether the first row holds names instead of values.

    Returns
    -------
    columns : dict of str to ChunkedArray of string
        Without the white space around; an empty cell is an empty text.

    Raises
    ------
    TableFileError
        If a row has more or fewer cells than the first, or a quotation never ends.
    """
    is_quoted = table.delimiter not in _UNQUOTED
    fields = {place: f"f{place}" for place in columns.values()}
    text, delimiter = table.text, table.delimiter
    if delimiter == "::":
        text, delimiter = text.replace(b"::", b"\x1f"), _UNIT_SEPARATOR
    if not text.endswith((b"\n", b"\r")):
        text += b"\n"  # the parser takes an only line without its end for none
    try:
        cells = read_csv(
            pa.BufferReader(text),
            # One thread, because only then an error names its row.
            ReadOptions(autogenerate_column_names=True, use_threads=False),
            ParseOptions(
                delimiter=delimiter,
                quote_char='"' if is_quoted else False,
                newlines_in_values=is_quoted,
            ),
            ConvertOptions(
                include_columns=list(fields.values()),
                column_types=dict.fromkeys(fields.values(), pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        reason = " ".join(str(error).removeprefix("CSV parse error: ").split())[:160]
        raise TableFileError(
            f"{table.path} is not a regular table: {reason}."
        ) from error
    values = cells.slice(1) if has_header else cells
    return {
        name: pc.utf8_trim_whitespace(values.column(fields[place]))
        for name, place in columns.items()
    }


def delimiter_of(sample: str) -> str | None:
    """Pick what splits every line alike, into the most cells; else the first line.

    Parameters
    ----------
    sample : str
        Lines of a table, the last of which may be cut off.

    Returns
    -------
    delimiter : str or None
        None where nothing splits the first line.
    """
    n_cells = {d: [len(row) for row in _rows(sample, d)] for d in DELIMITERS}
    parting = [d for d in DELIMITERS if n_cells[d][0] > 1]
    regular = [d for d in parting if len({*n_cells[d]}) == 1]
    # Titles hold spaces: they separate only where nothing else does.
    candidates = (
        [d for d in regular if d != " "] or [d for d in parting if d != " "] or regular
    )
    return max(candidates, key=lambda d: n_cells[d][0], default=None)


def split_lines(lines: list[str], delimiter: str) -> list[list[str]]:
    """Split lines into cells, without the white space around them.

    Parameters
    ----------
    lines : list of str
    delimiter : str

    Returns
    -------
    rows : list of list of str
        One for a line, or for several where a quotation goes on over their ends.
    """
    rows = (
        [line.rstrip("\n").split(delimiter) for line in lines]
        if delimiter in _UNQUOTED
        else csv.reader(lines, delimiter=delimiter)
    )
    return [[cell.strip() for cell in row] for row in rows]


def _unpacked(content: bytes) -> bytes:
    return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    """Encode anew what is not UTF-8: UTF-16 with its mark, and Latin-1 otherwise."""
    for mark, codec in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            text = content.decode(codec, errors="replace").encode()
            return text, codec.removesuffix("-sig")
    try:
        content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1").encode(), "latin-1"
    return content, "utf-8"


def _rows(sample: str, delimiter: str) -> list[list[str]]:
    """Split into rows; the last may be cut off and is kept only where alone."""
    lines = [line for line in io.StringIO(sample, newline=None) if line.strip()]
    rows = split_lines(lines, delimiter)
    return rows[: max(1, len(rows) - 1)]
