"""What a run of denoising says at its end, for programs and for people."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recs_anomaly.cli._output import show
from recs_anomaly.text import counted, printable

if TYPE_CHECKING:
    from recs_anomaly.denoise.app.folder import CleaningPlan, PictureOutcome
    from recs_anomaly.denoise.app.outcomes import Records

_SHOWN = 10  # names of one kind that are told


def show_outcomes(
    records: "Records", plan: "CleaningPlan", report: Path | None, sheet: Path | None
) -> None:
    """Print as JSON what became of each picture, and what was written."""
    from recs_anomaly.reports.records import records as plain

    outcomes = records.outcomes
    pictures = [
        {
            **row,
            "was_there": outcome.was_there,
            "is_same": outcome.is_same,
            "output": str(task.target) if outcome.is_clean else None,
        }
        for row, outcome, task in zip(
            plain(records.table()), outcomes, plan.tasks, strict=True
        )
    ]
    n_written = sum(outcome.is_clean for outcome in outcomes)
    n_left = sum(outcome.is_clean and bool(outcome.problem) for outcome in outcomes)
    show(
        "json",
        {
            "n_clean": n_written - n_left,
            "n_left": n_left,
            "n_failed": len(outcomes) - n_written,
            "pictures": pictures,
            "others": plan.others,
            "report": None if report is None else str(report),
            "sheet": None if sheet is None else str(sheet),
        },
    )


def tell_number(outcomes: list["PictureOutcome"]) -> None:
    """Say how many pictures were cleaned."""
    n_clean = sum(each.is_clean and not each.was_there for each in outcomes)
    n_there = sum(each.was_there for each in outcomes)
    n_same = sum(each.is_same and not each.problem for each in outcomes)
    were = "was" if n_there == 1 else "were"
    more = f"; {n_there} {were} clean already (--again does all)" if n_there else ""
    more += f"; no noise was found in {n_same}" if n_same else ""
    click.echo(f"Cleaned {counted(n_clean, 'picture')}{more}.")


def tell_problems(outcomes: list["PictureOutcome"], others: list[str]) -> None:
    """Name what was not done."""
    for title, lines in (
        (
            "Could not be cleaned",
            [f"{each.name}: {each.problem}" for each in outcomes if not each.is_clean],
        ),
        (
            "Noise was left in",
            [f"{o.name}: {o.problem}" for o in outcomes if o.is_clean and o.problem],
        ),
        ("Skipped, no pictures", others),
    ):
        if lines:
            click.echo(f"{title}: {counted(len(lines), 'file')}", err=True)
        for line in lines[:_SHOWN]:
            click.echo(f"  {printable(line)}", err=True)
        if len(lines) > _SHOWN:
            click.echo(f"  and {len(lines) - _SHOWN} more", err=True)
