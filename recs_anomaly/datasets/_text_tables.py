"""Tables in text files of unknown make: their encoding, delimiter and cells."""

import codecs
import csv
import gzip
import io
import re
import warnings
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
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE_BYTES = 1 << 16
# How files begin that hold tables in a form that is no text.
_OTHER_KINDS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; unpack it or save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"%PDF-": "a PDF document, not a table",
    b"BZh": "packed with bzip2; unpack it",
    b"\xfd7zXZ": "packed with xz; unpack it",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it",
}
# A quoted cell, and what stands behind it; with doubled marks, with backslashes.
_QUOTED_CELLS = {
    "double": rb'(?:\A|(?<=[%s\r\n]))"((?:[^"]|"")*+)("?)[ ]*([^%s\r\n]?)',
    "escaped": rb'(?:\A|(?<=[%s\r\n]))"((?:[^"\\]|\\.|"")*+)("?)[ ]*([^%s\r\n]?)',
}
_COMMENT_LINES = re.compile(rb"(?:[%#][^\r\n]*[\r\n]+)*")
_SEPARATOR_LINE = re.compile(rb'"?sep=(?P<mark>[^\r\n])"?[\r\n]+', re.IGNORECASE)
_OF_MOVIELENS = ("::", "|")
_MOSTLY_ZERO = 0.5  # of every second byte, in UTF-16 of mostly Latin letters
_MATRIX_MARKET = b"%%MatrixMarket matrix coordinate"
_CELL_OF_EXCEL = '^="[^"]*"$'  # how a file keeps the zeros before a number from Excel
# The Netflix Prize: a line with the film, and one for each of its ratings.
_OF_FILM = re.compile(rb"\d+:\s*[\r\n]+\d+,\d+,\d{4}-\d\d-\d\d\s*[\r\n]")
# What the parser says where a title stands above the names of the columns.
_BELOW_A_TITLE = re.compile(r"Row #[2-9]: Expected 1 columns, got ")
_NO_TITLE = " Take away what stands above the names of the columns."
# What Windows-1252 has where Latin-1 has characters that steer a terminal.
_WINDOWS = {
    code: bytes([code]).decode("cp1252", "ignore") or chr(code)
    for code in range(0x80, 0xA0)
}
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
    encoding : {"utf-8", "cp1252", "utf-16", "utf-32"}
        Of the file.
    quoting : {"none", "double", "escaped"}
        Whether cells stand in quotation marks, and how these are spelled within.
    notes : tuple of str
        What was guessed or left out; each was a warning.
    """

    path: Path
    text: bytes = field(repr=False)
    delimiter: str
    first_row: tuple[str, ...]
    encoding: str
    quoting: str
    notes: tuple[str, ...]


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
    content = unpacked(path.read_bytes())
    for beginning, kind in _OTHER_KINDS.items():
        if content.startswith(beginning):
            raise TableFileError(f"{path} is {kind}.")
    text, encoding, notes = as_utf8(content)
    text = text[re.match(rb"(?:[ \t]*(?:\r\n|\r|\n))*", text).end() :]  # type: ignore[union-attr]
    _refuse_other_kinds(text[:_SAMPLE_BYTES], path)
    named = _SEPARATOR_LINE.match(text)
    text = text[named.end() if named else 0 :]
    if n_comment := _COMMENT_LINES.match(text).end():  # type: ignore[union-attr]
        n_lines = len(text[:n_comment].splitlines())
        note = f"comment at its top was left out, lines: {n_lines}"
        is_matrix = text.startswith(_MATRIX_MARKET)
        text = text[n_comment:]
        if is_matrix:
            note = "it is Matrix Market's format, whose line of sizes is no row"
            text = text[text.find(b"\n") + 1 :]
        notes.append(note)
    if _OF_FILM.match(text):
        notes.append("it is in the format of the Netflix Prize")
        text = _netflix_rows(text)
    sample = text[:_SAMPLE_BYTES].decode(errors="replace")
    if not sample.strip():
        raise TableFileError(f"{path} is empty.")
    delimiter = named["mark"].decode() if named else delimiter_of(sample)
    if delimiter in (None, " ", "\t") and (spaced := _without_runs(text, delimiter)):
        text, delimiter = spaced
        sample = text[:_SAMPLE_BYTES].decode(errors="replace")
    if delimiter is None and least_columns == 1:
        delimiter = ","
    if delimiter is None:
        raise _only_one_column(path, sample)
    if encoding == "cp1252" and delimiter in _OF_MOVIELENS:
        notes.pop(0)  # which is known to be so
    quoting, stray = _quoting(text, delimiter)
    if stray:
        notes.append(f"quotation marks are text in it: {stray}")
    for note in notes:
        warnings.warn(f"{path}: {note}.", UserWarning, stacklevel=5)
    first_row = tuple(_rows(sample, delimiter, quoting)[0])
    if len(first_row) < least_columns:
        raise _only_one_column(path, sample)
    return DelimitedText(
        path, text, delimiter, first_row, encoding, quoting, tuple(notes)
    )


def _only_one_column(path: Path, sample: str) -> TableFileError:
    return TableFileError(
        f"{path} has only one column, starting with {sample.split()[0][:40]!r}; "
        "columns are separated by a comma, tab, semicolon, space, '|' or '::', and "
        "all rows have as many."
    )


def _refuse_other_kinds(sample: bytes, path: Path) -> None:
    if b"\0" in sample:
        raise TableFileError(
            f"{path} is a binary file; tables are read from text (CSV, TSV and "
            "their like; plain or gzip) and Parquet."
        )
    if re.match(rb"\s*<(!doctype|html|head|\?xml)", sample, re.IGNORECASE):
        raise TableFileError(
            f"{path} is a web page, not a table; download the file itself again."
        )


def _netflix_rows(text: bytes) -> bytes:
    rows, film = [b"user_id,item_id,rating,timestamp"], b""
    for line in text.split():
        if line.endswith(b":"):
            film = line[:-1]
        else:
            user, rest = line.split(b",", 1)
            rows.append(b",".join((user, film, rest)))
    return b"\n".join(rows)


def _without_runs(text: bytes, delimiter: str | None) -> tuple[bytes, str] | None:
    """Make one of tabs or spaces that only together part the cells, if they do."""
    mark = delimiter or " "
    sample = text[:_SAMPLE_BYTES].decode(errors="replace")
    lines = [line for line in sample.splitlines() if line.strip()]
    places = [
        [place for place, cell in enumerate(line.split(mark)) if not cell.strip()]
        for line in (lines[:-1] or lines)
    ]
    cells = {len(line.split()) for line in (lines[:-1] or lines)}
    # A column that is empty in all rows is none.
    is_padded = delimiter is not None and places[0] and places.count(places[0])
    if not (is_padded == len(places) or (mark == " " and any(places))):
        return None
    if mark == " " and (len(cells) > 1 or cells == {1}):
        return None
    runs = b"[ \t]+" if mark == " " else b"\t+"
    lines_only = re.sub(b"(?m)^[ \t]+|[ \t]+$", b"", text)
    return re.sub(runs, mark.encode(), lines_only), mark


def _quoting(text: bytes, delimiter: str) -> tuple[str, str]:
    """Find out how cells are quoted; what tells that they are not is told too.

    A mark that is never closed, or one behind which the cell goes on, is part of a
    text; so is a pair of marks over lines that are whole rows as they stand.
    """
    stray = ""
    first_line = text[: text.find(b"\n") + 1 or None].strip()
    # MovieLens' own formats never quote; there a quotation mark is part of a title.
    if delimiter == "::" or b'"' not in text:
        return "none", ""
    if delimiter == "|" and not all(
        cell.startswith(b'"') and cell.endswith(b'"') for cell in first_line.split(b"|")
    ):
        return "none", ""
    mark = delimiter.encode()
    n_marks = first_line.count(mark)
    for quoting, pattern in _QUOTED_CELLS.items():
        if quoting == "escaped" and b'\\"' not in text:
            break
        found = pattern % (re.escape(mark), re.escape(mark))
        for cell in re.finditer(found, text, re.DOTALL):
            holds_rows = b"\n" in cell[1] and (
                delimiter == "\t" or _are_rows(text, cell.span(), mark, n_marks)
            )
            if not cell[2] or cell[3] or holds_rows:
                row = text.count(b"\n", 0, cell.start()) + 1
                text_of = cell[0][:20].decode(errors="replace").splitlines()[0]
                stray = f"line {row} has a stray one, {text_of}"
                break
        else:
            return quoting, ""
    return "none", stray


def _are_rows(text: bytes, span: tuple[int, int], mark: bytes, n_marks: int) -> bool:
    """Whether each of the lines that a cell lies in has as many marks as a row."""
    start = text.rfind(b"\n", 0, span[0]) + 1
    end = text.find(b"\n", span[1])
    lines = text[start : end if end >= 0 else None].splitlines()
    return all(line.count(mark) == n_marks for line in lines)


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
    is_quoted = table.quoting != "none"
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
                escape_char="\\" if table.quoting == "escaped" else False,
                newlines_in_values=is_quoted,
            ),
            ConvertOptions(
                include_columns=list(fields.values()),
                column_types=dict.fromkeys(fields.values(), pa.string()),
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        reason = " ".join(str(error).removeprefix("CSV parse error: ").split())[:160]
        advice = _NO_TITLE if _BELOW_A_TITLE.match(reason) else ""
        raise TableFileError(
            f"{table.path} is not a regular table: {reason}.{advice}"
        ) from error
    values = cells.slice(1) if has_header else cells
    return {
        name: _bare(pc.utf8_trim_whitespace(values.column(fields[place])), is_quoted)
        for name, place in columns.items()
    }


def _bare(cells: pa.ChunkedArray, is_quoted: bool) -> pa.ChunkedArray:
    """Take off quotation marks that stand around every cell of a column."""
    if not len(cells):
        return cells
    if pc.all(pc.match_substring_regex(cells, _CELL_OF_EXCEL)).as_py():
        return pc.utf8_trim(cells, '="')
    if is_quoted:
        return cells
    in_marks = pc.match_substring_regex(cells, '^".*"$')
    return pc.utf8_trim(cells, '"') if pc.all(in_marks).as_py() else cells


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
    if not regular and '"' in sample:  # which may be part of a text
        as_text = {d: [len(r) for r in _rows(sample, d, "none")] for d in parting}
        regular = [d for d in parting if len({*as_text[d]}) == 1]
    # Titles hold spaces: they separate only where nothing else does.
    candidates = (
        [d for d in regular if d != " "] or [d for d in parting if d != " "] or regular
    )
    return max(candidates, key=lambda d: n_cells[d][0], default=None)


def split_lines(lines: list[str], delimiter: str, quoting: str = "") -> list[list[str]]:
    """Split lines into cells, without the white space around them.

    Parameters
    ----------
    lines : list of str
    delimiter : str
    quoting : {"", "none", "double", "escaped"}, default=""
        Empty for what is usual with this delimiter.

    Returns
    -------
    rows : list of list of str
        One for a line, or for several where a quotation goes on over their ends.
    """
    quoting = quoting or ("none" if delimiter in ("::", "|") else "double")
    rows = (
        [line.rstrip("\n").split(delimiter) for line in lines]
        if quoting == "none"
        else csv.reader(
            lines,
            delimiter=delimiter,
            escapechar="\\" if quoting == "escaped" else None,
        )
    )
    return [[cell.strip() for cell in row] for row in rows]


def unpacked(content: bytes) -> bytes:
    """Return the content of a file that may be packed with gzip."""
    return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content


def as_utf8(content: bytes) -> tuple[bytes, str, list[str]]:
    """Encode anew what is not UTF-8, and say what it is and what is odd about it.

    UTF-16 and UTF-32 have a mark, or a zero beside every letter. Else lines that are no
    UTF-8 are Windows-1252, the whole file where no line of it needs UTF-8.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    text : bytes
    encoding : str
    notes : list of str
    """
    for mark, codec in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            text = content.decode(codec, errors="replace").encode()
            return text, codec.removesuffix("-sig"), []
    if codec := _wide_codec(content[:_SAMPLE_BYTES]):
        return content.decode(codec, errors="replace").encode(), "utf-16", []
    try:
        content.decode()
    except UnicodeDecodeError as error:
        lines = content.split(b"\n")
        decoded = [_utf8_or_none(line) for line in lines]
        if not any(text and not text.isascii() for text in decoded):
            first = content.count(b"\n", 0, error.start) + 1
            note = (
                f"line {first} is no UTF-8: all of it was read as Windows-1252; if "
                "letters look wrong, save it as UTF-8"
            )
            return _from_windows(content).encode(), "cp1252", [note]
        whole = [
            _from_windows(line) if text is None else text
            for line, text in zip(lines, decoded, strict=True)
        ]
        first = content.count(b"\n", 0, error.start) + 1
        note = (
            f"{decoded.count(None)} of its {len(content.splitlines())} lines are no "
            f"UTF-8, the first is line {first}; these were read as Windows-1252"
        )
        return "\n".join(whole).encode(), "utf-8", [note]
    return content, "utf-8", []


def _wide_codec(sample: bytes) -> str:
    """Name the UTF-16 without a mark that has a zero beside most letters, if any."""
    half = max(len(sample) // 2, 1)
    first, second = (sample[place::2].count(0) / half for place in (0, 1))
    if first > _MOSTLY_ZERO and not second:
        return "utf-16-be"
    return "utf-16-le" if second > _MOSTLY_ZERO and not first else ""


def _utf8_or_none(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _from_windows(content: bytes) -> str:
    return content.decode("latin-1").translate(_WINDOWS)


def _rows(sample: str, delimiter: str, quoting: str = "") -> list[list[str]]:
    """Split into rows; the last may be cut off and is kept only where alone."""
    lines = [line for line in io.StringIO(sample, newline=None) if line.strip()]
    rows = split_lines(lines, delimiter, quoting)
    return rows[: max(1, len(rows) - 1)]
