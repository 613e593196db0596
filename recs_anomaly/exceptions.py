"""Errors that the caller can put right, as opposed to bugs.

The command line turns them into one line and exit code 2; from Python they are
caught by the built-in class that they also are.
"""


class RecsAnomalyError(Exception):
    """Base of every error that says what the caller should change.

    A subclass also inherits from the built-in error it is a kind of, for instance
    ``class UnknownUserError(RecsAnomalyError, LookupError)``.
    """


class InputError(RecsAnomalyError, ValueError):
    """An argument, a file or a table breaks a rule that the message states."""


class UnknownUserError(InputError, LookupError):
    """A user id that the recommender has never seen."""


class UnknownItemError(InputError, LookupError):
    """An item id that the recommender has never seen."""
