"""The estimators of the package, found by what it makes public."""

from importlib import import_module

from sklearn.base import BaseEstimator


def all_estimators() -> list[tuple[str, type[BaseEstimator]]]:
    """Return the name and the class of every estimator, sorted by name.

    Like `sklearn.utils.discovery.all_estimators`, it is for tests and tools that look
    at each of them.

    Returns
    -------
    estimators : list of tuples (str, class)

    Examples
    --------
    >>> from recs_anomaly.base.discovery import all_estimators
    >>> [name for name, _ in all_estimators()][:3]
    ['Autoencoder', 'ImageDenoiser', 'RBM']
    """
    package = import_module(__name__.partition(".")[0])
    members = {name: getattr(package, name) for name in sorted(package.__all__)}
    return [
        (name, member)
        for name, member in members.items()
        if isinstance(member, type) and issubclass(member, BaseEstimator)
    ]
