"""``python -m recs_anomaly``: the command line, where its script is not on the path."""

from recs_anomaly.cli import main

if __name__ == "__main__":
    main()
