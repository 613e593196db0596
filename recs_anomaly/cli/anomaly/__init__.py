"""``recs-anomaly anomaly``: what in a time series is not normal."""

import click

from recs_anomaly.cli.anomaly.report import report
from recs_anomaly.cli.anomaly.score import score
from recs_anomaly.cli.anomaly.train import train
from recs_anomaly.cli.anomaly.watch import watch


@click.group()
def anomaly() -> None:
    """Find what is not normal in a time series, and report it."""


for _command in (report, train, score, watch):
    anomaly.add_command(_command)
