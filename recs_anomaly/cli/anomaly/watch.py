"""``recs-anomaly anomaly watch``: a model and lines in, events out as they happen."""

import sys
from pathlib import Path

import click

from recs_anomaly.cli._files import refuse_missing_folder
from recs_anomaly.cli.anomaly._series import layout_of
from recs_anomaly.exceptions import InputError

_EXAMPLE = """\b
Example:
  recs-anomaly anomaly watch pump.recs --follow pump.csv \\
    --state pump-now.recs --webhook https://example.org/alarms
"""


@click.command(
    short_help="Read rows as they come, and write events as lines of JSON.",
    epilog=_EXAMPLE,
)
@click.argument("model")
@click.option(
    "--time",
    metavar="COL",
    help="Column of times. [default: as in training]",
)
@click.option(
    "--follow",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read this file, and what is added to it. [default: standard input]",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep where the watch stands in this file, and go on from it.",
)
@click.option(
    "--save-every",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Lines between two saves of the state.",
)
@click.option("--webhook", metavar="URL", help="Also post each event to this URL.")
@click.option(
    "--webhook-header",
    multiple=True,
    metavar="NAME:VALUE",
    help="Header of each post, such as a token; may be given again.",
)
@click.option(
    "--max-bad",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Lines without a row to put up with.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(min=0, max=0.5),
    help="Share of normal rows beyond the threshold. [default: 0.00001]",
)
@click.option(
    "--min-duration",
    type=click.IntRange(min=1),
    help="Rows from the first beyond it to the one that opens an event. [default: 1]",
)
@click.option(
    "--cool-down",
    type=click.IntRange(min=0),
    help="Rows after an event in which the same is no other. [default: 100]",
)
@click.option(
    "--settle-after",
    type=click.IntRange(min=0),
    help="Rows after which an event is the new normal; 0: never, and the threshold "
    "stays as it was learned. [default: 1000]",
)
def watch(  # noqa: PLR0913 - an option of the command line each
    model: str,
    time: str | None,
    follow: Path | None,
    state: Path | None,
    save_every: int,
    webhook: str | None,
    webhook_header: tuple[str, ...],
    max_bad: int,
    alpha: float | None,
    **rules: int | None,
) -> None:
    """Read rows as they come, and write an event for each change as a line of JSON.

    MODEL is a file that `anomaly train` has written. Rows are lines as in the file that
    it was trained on, with or without the one that names the columns, or JSON objects.
    How the watch goes is told on standard error.
    """
    from recs_anomaly.anomaly.app.watching import Watching
    from recs_anomaly.cli.anomaly._watch_run import Run, open_watcher
    from recs_anomaly.datasets import SeriesLayout
    from recs_anomaly.datasets.series_lines import LineParser

    if state is not None:
        refuse_missing_folder(state)
    headers = dict(map(_header, webhook_header))
    opened = open_watcher(model, state, {"alpha": alpha, **rules})
    scorer = opened.watcher.scorer
    layout = layout_of(scorer.detector) or SeriesLayout()
    run = Run(state, webhook, headers, follow, layout.encoding)
    watching = Watching(
        opened.watcher,
        LineParser(scorer.channel_names_, time, layout),
        run.tell,
        run.complain,
        lambda: run.save(watching, is_over=False),
        save_every,
        max_bad,
    )
    try:
        run.go(watching, opened)
    except InputError:
        run.finish(watching)
        raise
    except BrokenPipeError:  # who reads the events has gone
        run.finish(watching)
        sys.stderr.close()
        raise SystemExit(1) from None
    run.finish(watching)


def _header(words: str) -> tuple[str, str]:
    """Take a header apart. What it says is told to nobody."""
    name, colon, value = words.partition(":")
    if not colon or not name.strip():
        raise InputError(
            "webhook-header must be NAME:VALUE; there is no name or colon."
        )
    return name.strip(), value.strip()
