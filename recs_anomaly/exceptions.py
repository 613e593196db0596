"""Errors that the caller can put right, as opposed to bugs.

The command line turns them into one line and exit code 2; from Python they are
caught by the built-in class that they also are. A message may quote what stands in a
file, so it is made one line of characters that a terminal shows and does not obey.
"""

from recs_anomaly.text import printable


class RecsAnomalyError(Exception):
    """Base of every error that says what the caller should change.

    A subclass also inherits from the built-in error it is a kind of, for instance
    ``class UnknownUserError(RecsAnomalyError, LookupError)``.

    Parameters
    ----------
    message : str
        One sentence.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(" ".join(message.split())))


class InputError(RecsAnomalyError, ValueError):
    """An argument, a file or a table breaks a rule that the message states."""


class MissingExtraError(RecsAnomalyError, ImportError):
    """Something needs a package that only an extra of ours brings."""


class UnknownUserError(InputError, LookupError):
    """A user id that the recommender has never seen."""


class UnknownItemError(InputError, LookupError):
    """An item id that the recommender has never seen."""
