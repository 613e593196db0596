"""Lists of recommendations as LensKit and RecTools evaluate them."""

from importlib import import_module
from typing import Any

import pandas as pd

COLUMNS = ["user_id", "item_id", "score", "rank"]


def to_rectools(recommended: pd.DataFrame) -> pd.DataFrame:
    """Return lists as RecTools' metrics take them.

    Parameters
    ----------
    recommended : DataFrame
        As of `RBMRecommender.recommend`.

    Returns
    -------
    recommended : DataFrame
        The columns that `rectools.Columns` names: user_id, item_id, score and rank.
    """
    return recommended[COLUMNS].reset_index(drop=True)


def interactions(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return ratings as RecTools' metrics take what was chosen.

    Parameters
    ----------
    ratings : DataFrame
        With columns user_id and item_id, and rating and timestamp (in seconds) where
        they are known.

    Returns
    -------
    interactions : DataFrame
        With columns user_id, item_id, weight and datetime. The weight is the rating,
        or 1.
    """
    table = ratings[["user_id", "item_id"]].assign(weight=ratings.get("rating", 1.0))
    seconds = ratings.get("timestamp", 0)
    moments = pd.to_datetime(pd.Series(seconds, index=table.index), unit="s")
    return table.assign(datetime=moments).reset_index(drop=True)


def to_lenskit(recommended: pd.DataFrame) -> Any:
    """Return lists as LensKit's metrics take them.

    Parameters
    ----------
    recommended : DataFrame
        As of `RBMRecommender.recommend`; or pairs without a score and a rank, which are
        what lists should hold.

    Returns
    -------
    lists : ItemListCollection
        By user, best first.
    """
    lenskit = import_module("lenskit.data")
    is_ranked = "rank" in recommended
    lists = lenskit.ItemListCollection(["user_id"])
    for user, own in recommended.groupby("user_id", sort=False):
        best = own.sort_values("rank") if is_ranked else own
        scores = {"scores": best["score"].to_numpy()} if "score" in best else {}
        ids = best["item_id"].to_numpy()
        lists.add(lenskit.ItemList(ids, ordered=is_ranked, **scores), user_id=user)
    return lists
