"""``recs-anomaly recommend``: what somebody should watch, read or hear next."""

import click

from recs_anomaly.cli.recommend.evaluate import evaluate
from recs_anomaly.cli.recommend.everybody import everybody
from recs_anomaly.cli.recommend.report import report
from recs_anomaly.cli.recommend.similar import similar
from recs_anomaly.cli.recommend.train import train
from recs_anomaly.cli.recommend.user import user
from recs_anomaly.cli.recommend.visitor import visitor


@click.group()
def recommend() -> None:
    """Train on ratings, and recommend to users and visitors."""


for _command in (train, user, visitor, similar, everybody, evaluate, report):
    recommend.add_command(_command)
