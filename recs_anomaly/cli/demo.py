"""``recs-anomaly demo``: each job once, on data that comes with the package."""

from pathlib import Path

import click

from recs_anomaly.cli import _demo_anomaly, _demo_denoise, _demo_recommend
from recs_anomaly.cli._files import refuse_missing_folder, write_text
from recs_anomaly.exceptions import InputError
from recs_anomaly.extras import refuse_without_training

# One story a job; each prints what it does, what came of it, and what to type next.
_STORIES = (
    _demo_recommend.tell_recommend,
    _demo_anomaly.tell_anomaly,
    _demo_denoise.tell_denoise,
)
_INDEX = "index.html"
_MADE = {_INDEX, _demo_recommend.PAGE, _demo_anomaly.PAGE, *_demo_denoise.MADE}


@click.command(
    short_help="Do all three jobs once, on sample data.",
    epilog="Example: recs-anomaly demo -o demo",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="recs-anomaly-demo",
    show_default=True,
    help="Folder for what is made; files of an earlier demo are replaced.",
)
def demo(output: Path) -> None:
    """Recommend films, find anomalies and clean pictures, in a minute or two.

    Nothing is downloaded. The ratings and the series are invented, the pictures come
    with scikit-learn; the figures are measured while you watch. Two pages, the pictures
    and an index that links them go to OUTPUT.
    """
    from recs_anomaly.reports.demo import demo_page

    refuse_without_training("The demo")
    refuse_missing_folder(output)
    _refuse_other_things(output)
    output.mkdir(exist_ok=True)
    chapters = [tell(output) for tell in _STORIES]
    write_text(output / _INDEX, demo_page(chapters))
    click.echo(f"\nAll that was made, on one page: {output / _INDEX}")


def _refuse_other_things(output: Path) -> None:
    """Let an earlier demo be replaced, also one that was stopped, and nothing else."""
    names = {path.name for path in output.iterdir()} if output.is_dir() else set()
    if others := {name for name in names - _MADE if not name.startswith(".")}:
        raise InputError(
            f"output must be a new folder; {output} holds other things, such as "
            f"{min(others)!r}."
        )
