"""``python -m recs_anomaly``: the command line, where its script is not on the path."""

from recs_anomaly.cli import main

main()
