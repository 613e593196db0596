"""One trial of lists that were learned from choices without ratings."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recs_anomaly.core.arrays import Ints
from recs_anomaly.recommend.answers import FoldedUsers
from recs_anomaly.recommend.evaluation.evaluate import lists_of_fitted
from recs_anomaly.recommend.evaluation.lists import LISTED, RankingTask
from recs_anomaly.recommend.serving.catalogue import plain_id
from recs_anomaly.recommend.serving.titled_recommender import Recommender

_N_BEST = 5


@dataclass(frozen=True)
class ChoiceTrial:
    """All that was measured of a recommender on choices hidden from it.

    Attributes
    ----------
    recommender : Recommender
        Fitted to `train`.
    train, hidden : DataFrames with columns user_id, item_id
    measures : DataFrame
        As from `evaluate`, with one fold.
    task : RankingTask
    lists : dict of str to int64 ndarray of shape (n_users, 10)
        Of the model, called "RBM", and of "most chosen": columns of ``task.items``.
    folded : FoldedUsers
        The users with hidden choices, as the model sees them.
    """

    recommender: Recommender
    train: pd.DataFrame
    hidden: pd.DataFrame
    measures: pd.DataFrame
    task: RankingTask
    lists: dict[str, Ints]
    folded: FoldedUsers


@dataclass(frozen=True)
class ChoiceExample:
    """One user's list.

    Attributes
    ----------
    why : str
        What makes the user worth looking at.
    user_id : Hashable
    n_choices : int
        Learned from.
    n_hidden : int
        Choices that were not learned from.
    known : list of str
        Titles of the best known of the own choices.
    listed : DataFrame
        As from `Recommender.recommend_user`, and came_true: whether the user has
        chosen it.
    """

    why: str
    user_id: Hashable
    n_choices: int
    n_hidden: int
    known: list[str]
    listed: pd.DataFrame


def judge_choices(
    recommender: Recommender, train: pd.DataFrame, hidden: pd.DataFrame
) -> ChoiceTrial:
    """Measure the lists of a recommender that was fitted to choices.

    Parameters
    ----------
    recommender : Recommender
        Fitted to `train`.
    train, hidden : DataFrames with columns user_id, item_id

    Returns
    -------
    trial : ChoiceTrial

    Raises
    ------
    InputError
        As `evaluate_fitted`: if a hidden pair was learned from, for instance.
    """
    answered, measures = lists_of_fitted(recommender.model, train, hidden)
    return ChoiceTrial(recommender, train, hidden, measures, *answered)


def choice_examples(trial: ChoiceTrial) -> list[ChoiceExample]:
    """Look at a typical user, and at two extremes; nobody twice.

    Parameters
    ----------
    trial : ChoiceTrial

    Returns
    -------
    examples : list of ChoiceExample
        None of whom nothing was learned.
    """
    counts = trial.train["user_id"].value_counts().sort_index(kind="stable")
    counts = counts[counts.index.isin(trial.task.users)]
    if counts.empty:
        return []
    ordered = counts.sort_values(kind="stable").index
    chosen: dict[Hashable, str] = {}
    for why, user in (
        ("with a typical number of choices", ordered[len(ordered) // 2]),
        ("with few choices", ordered[len(ordered) // 20]),
        ("with many choices", ordered[-1 - len(ordered) // 10]),
    ):
        chosen.setdefault(user, why)
    return [_example(trial, why, user) for user, why in chosen.items()]


def _example(trial: ChoiceTrial, why: str, user: Hashable) -> ChoiceExample:
    user_id = plain_id(user)
    hidden = trial.hidden["item_id"][trial.hidden["user_id"] == user_id]
    listed = trial.recommender.recommended(trial.folded.only(user_id), LISTED)
    return ChoiceExample(
        why,
        user_id,
        int((trial.train["user_id"] == user_id).sum()),
        len(hidden),
        trial.recommender.best_rated(user_id, _N_BEST)["title"].tolist(),
        listed.assign(came_true=np.isin(listed["item_id"], hidden)),
    )
