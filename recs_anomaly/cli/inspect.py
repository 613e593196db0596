"""``recs-anomaly inspect``: what a model file holds, told without loading it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._output import form_option, show
from recs_anomaly.cli._tables import Column, ShownTable

if TYPE_CHECKING:
    from recs_anomaly.persistence import ModelSummary, ObjectSummary

_NAME_AND_VALUE = (Column("name"), Column("value"))
_ARRAY_COLUMNS = (
    Column("array"),
    Column("type"),
    Column("shape"),
    Column("bytes", is_number=True),
    Column("sha256", is_aside=True),
)
_MAX_CHARACTERS = 200


@click.command(
    short_help="Show what a model file holds, without loading it.",
    epilog="Example: recs-anomaly inspect films.recs",
)
@click.argument("path", type=click.Path(path_type=Path))
@form_option("json", "Print JSON, with all values.")
def inspect(path: Path, form: str | None) -> None:
    """Show what the model file PATH holds: classes, parameters, training, checksums.

    Nothing is made of it, and all checksums are compared. Who wrote the file and
    whether what it says of itself is true, no checksum can tell.
    """
    from recs_anomaly.persistence import inspect as summary_of

    summary = summary_of(path)
    tables = [_file_table(path, summary), *_object_tables(summary)]
    show(form, summary, tables, not_finite=str)


def _file_table(path: Path, summary: "ModelSummary") -> ShownTable:
    rows = [
        ("class", summary.objects[0].class_key),
        ("saved", summary.created),
        ("size", f"{summary.n_bytes:,} bytes"),
        ("format", str(summary.format)),
        *summary.versions.items(),
        *_shown(summary.metrics),
    ]
    return ShownTable(str(path), _NAME_AND_VALUE, rows)


def _object_tables(summary: "ModelSummary") -> list[ShownTable]:
    tables = []
    for number, part in enumerate(summary.objects):
        title = f"{number} {part.class_key}"
        for heading, values in (
            (f"{title}, trained", part.card),
            (title, {**part.parameters, **part.fitted}),
        ):
            if values:
                tables.append(ShownTable(heading, _NAME_AND_VALUE, _shown(values)))
        if part.arrays:
            tables.append(ShownTable(title, _ARRAY_COLUMNS, _array_rows(part)))
    return tables


def _array_rows(part: "ObjectSummary") -> list[tuple[str, ...]]:
    return [
        (each.name, each.kind, str(each.shape), f"{each.n_bytes:,}", each.sha256)
        for each in part.arrays
    ]


def _shown(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, _readable(value)) for name, value in values.items()]


def _readable(value: Any) -> str:
    plain = value.tolist() if hasattr(value, "tolist") else value  # NumPy's
    return f"{plain!r:.{_MAX_CHARACTERS}}"
