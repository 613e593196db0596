"""A page that says what in a series is not normal.

    python scripts/anomaly_report.py SERIES.csv [-o report.html]

The options are those of `recs-anomaly anomaly report`.
"""

import sys

from recs_anomaly.cli import main
from recs_anomaly.cli.anomaly.report import report

if __name__ == "__main__":
    has_output = {"-o", "--output", "--help"} & set(sys.argv)
    sys.argv[1:1] = ["anomaly", report.name or "report"]
    main(sys.argv[1:] if has_output else [*sys.argv[1:], "-o", "report.html"])
