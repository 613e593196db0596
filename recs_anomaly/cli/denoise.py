"""``recs-anomaly denoise``: noisy pictures in, clean ones of the same kind out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._denoise_told import (
    show_outcomes,
    tell_number,
    tell_problems,
)
from recs_anomaly.cli._engine import Engine, engine_options
from recs_anomaly.cli._files import refuse_missing_folder, write_bytes, write_text
from recs_anomaly.cli._output import csv_of, json_option
from recs_anomaly.cli._progress import progressing
from recs_anomaly.cli._training import load_keras, warnings_in_one_line
from recs_anomaly.exceptions import InputError
from recs_anomaly.text import counted

if TYPE_CHECKING:
    from recs_anomaly import ImageDenoiser
    from recs_anomaly.datasets.sources import Source
    from recs_anomaly.denoise.app.folder import CleaningPlan

_folder = click.Path(exists=True, file_okay=False, path_type=Path)
_new_file = click.Path(dir_okay=False, path_type=Path)


class _Place(click.Path):
    """A path, or a store such as s3://bucket/scans."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        from recs_anomaly.datasets.sources import Query, is_uri

        text = os.fspath(value)
        if is_uri(text):
            return Query(text)
        return super().convert(value, param, ctx)


_EXAMPLE = """\b
Example:
  recs-anomaly denoise scan.png clean.png
  recs-anomaly denoise scans/ clean/ --compare sheet.png --report report.csv
  recs-anomaly denoise cells.tif clean.tif --stack z
  recs-anomaly denoise s3://scans/2026 s3://clean/2026 --jobs 4
"""


@click.command(
    short_help="Take the noise out of a picture or a folder.",
    epilog=_EXAMPLE,
)
@click.argument("source", metavar="INPUT", type=_Place(exists=True, path_type=Path))
@click.argument("target", metavar="OUTPUT", type=_Place(path_type=Path))
@click.option(
    "--sigma",
    type=click.FloatRange(min=0),
    help="Strength of the noise, in the pictures' own range. [default: each picture's "
    "own is estimated]",
)
@click.option(
    "--stack",
    type=click.Choice(("pages", "z", "t")),
    help="Pages of a file are slices of one scene and help each other: all of them, or "
    "those along the axis Z or T that a TIFF file names. [default: pages are apart]",
)
@click.option(
    "--channels",
    type=click.Choice(("colors", "separate")),
    default="colors",
    show_default=True,
    help="What three channels are: colors, or measured apart, as in fluorescence.",
)
@click.option("--adapt", is_flag=True, help="Learn from the pictures themselves first.")
@click.option(
    "--compare", type=_new_file, metavar="PNG", help="Also draw a sheet: before, after."
)
@click.option(
    "--report",
    type=_new_file,
    metavar="CSV",
    help="Also write a table: noise, and what became of each picture.",
)
@click.option(
    "--clean",
    type=_folder,
    metavar="DIR",
    help="Folder of clean pictures of the same names; the report, or --json, then has "
    "PSNR and SSIM.",
)
@click.option(
    "--again", is_flag=True, help="Clean what an earlier run has cleaned too."
)
@engine_options
@json_option
def denoise(  # noqa: PLR0913 - an option of the command line each
    source: "Source",
    target: "Source",
    sigma: float | None,
    stack: str | None,
    channels: str,
    adapt: bool,
    compare: Path | None,
    report: Path | None,
    clean: Path | None,
    again: bool,
    engine: Engine,
    form: str | None,
) -> None:
    """Take the noise out of INPUT, a picture, a folder or a store; write OUTPUT.

    PNG, TIFF, JPEG and NPY files keep their names, format, size and range, and so do
    16 bits, transparency and orientation; INPUT stays as it is. Run again, the command
    goes on where it was stopped. A damaged file stops nothing; the exit code is 1 then.
    --json says what became of each picture.
    """
    from recs_anomaly.core.memory import large_arrays_apart
    from recs_anomaly.denoise.app.folder import clean_all, plan_cleaning
    from recs_anomaly.denoise.app.outcomes import Records
    from recs_anomaly.denoise.applying import needs_keras

    if clean is not None and report is None and not form:
        raise InputError("clean is for the report; give --report or --json too.")
    plan = plan_cleaning(source, target, stack)
    _refuse_overwriting(plan, clean, compare, report)
    if adapt or needs_keras():
        load_keras()
    parameters = {
        "sigma": "auto" if sigma is None else sigma,
        "channels": channels,
        "stack_axis": None if stack is None else 0,
    }
    large_arrays_apart()
    denoiser = _denoiser(plan, parameters, adapt)
    records = Records(clean)
    is_one_file = isinstance(source, Path) and not source.is_dir()
    is_all_new = again or is_one_file
    are_compared = compare is not None or clean is not None
    outcomes = clean_all(denoiser, plan.tasks, write_bytes, is_all_new, are_compared)
    with engine.running():
        for outcome in progressing(outcomes, len(plan.tasks), "pictures"):
            records.add(outcome)
    if report is not None:
        write_text(report, csv_of(records.table()))
    sheet = None if compare is None else records.sheet()
    if compare is not None and sheet is not None:
        write_bytes(compare, sheet)
    if form:
        show_outcomes(records, plan, report, compare if sheet else None)
    else:
        tell_number(records.outcomes)
    tell_problems(records.outcomes, plan.others)
    if not all(outcome.is_clean for outcome in records.outcomes):
        raise SystemExit(1)


def _refuse_overwriting(
    plan: "CleaningPlan", clean: Path | None, *paths: Path | None
) -> None:
    """Say before the work that a result cannot be written where it should be."""
    from recs_anomaly.denoise.app.pictures import is_picture

    originals = None if clean is None else clean.resolve()
    places = [(task.source, task.target) for task in plan.tasks]
    taken = {
        each.resolve() for both in places for each in both if isinstance(each, Path)
    }
    targets = [target for _, target in places if isinstance(target, Path)]
    if any(originals in target.resolve().parents for target in targets):
        raise InputError("OUTPUT must be another folder than that of --clean.")
    for path in filter(None, paths):
        refuse_missing_folder(path)
        place = path.resolve()
        is_original = originals in place.parents and is_picture(place)
        if place in taken or is_original:
            raise InputError(
                f"{path} must be no picture of INPUT, OUTPUT or --clean, and each "
                "result a file of its own."
            )
        taken.add(place)


def _denoiser(
    plan: "CleaningPlan", parameters: dict[str, Any], is_adapted: bool
) -> "ImageDenoiser":
    from recs_anomaly import ImageDenoiser
    from recs_anomaly.denoise.app.folder import adapt

    if not is_adapted:
        return ImageDenoiser.from_pretrained(**parameters)
    denoiser = ImageDenoiser(**parameters, random_state=0, verbose=1)
    with warnings_in_one_line():
        n_pictures = adapt(denoiser, plan.tasks)
    click.echo(f"Adapted to {counted(n_pictures, 'picture')}.", err=True)
    return denoiser
