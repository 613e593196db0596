"""Lines of JSON: requests on standard output, what goes wrong on standard error."""

import json
import sys


def log(**fields: object) -> None:
    """Write what happened.

    Parameters
    ----------
    **fields : dict
        Plain values.
    """
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def complain(**fields: object) -> None:
    """Write what whoever runs the service should look at.

    Parameters
    ----------
    **fields : dict
        Plain values.
    """
    sys.stderr.write(json.dumps(fields) + "\n")
    sys.stderr.flush()
