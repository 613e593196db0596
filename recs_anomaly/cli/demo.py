"""``recs-anomaly demo``: each job once, on data that comes with the package."""

import click

from recs_anomaly.cli._demo_anomaly import tell_anomaly
from recs_anomaly.cli._demo_recommend import tell_recommend

# One story a job; each prints what it does, what came of it, and what to type next.
_STORIES = (tell_recommend, tell_anomaly)


@click.command(epilog="Example: recs-anomaly demo")
def demo() -> None:
    """Recommend films and find anomalies in sample data, in a minute.

    Nothing is downloaded and nothing is written. The data are invented; the figures
    are measured while you watch.
    """
    for tell in _STORIES:
        tell()
