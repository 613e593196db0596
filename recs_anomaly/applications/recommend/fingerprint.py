"""Names for models that are the same: equal ratings, parameters and version."""

import hashlib
import json
from collections.abc import Mapping

import pandas as pd

from recs_anomaly import __version__
from recs_anomaly.datasets import MovieRatings


def fingerprint(opened: MovieRatings, parameters: Mapping[str, object]) -> str:
    """Derive a name from all that decides what a trained recommender is.

    Parameters
    ----------
    opened : MovieRatings
        Ratings in their order, and the titles.
    parameters : mapping of str
        Parameters of RBMRecommender; values as JSON has them.

    Returns
    -------
    name : str
        64 hexadecimal digits. Another version of this package gives another name.
    """
    digest = hashlib.sha256(
        json.dumps([__version__, parameters], sort_keys=True).encode()
    )
    for table, columns in (
        (opened.ratings, ["user_id", "item_id", "rating"]),
        (opened.items, ["item_id", "title", "genres"]),
    ):
        digest.update(len(table).to_bytes(8, "little"))
        for name in columns:
            hashes = pd.util.hash_array(table[name].to_numpy())
            digest.update(str(table[name].dtype).encode() + hashes.tobytes())
    return digest.hexdigest()
