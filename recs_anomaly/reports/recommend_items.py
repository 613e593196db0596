"""What kind of items is listed: what the report about a recommender says of them."""

import numpy as np
import pandas as pd

from recs_anomaly.metrics.ranking import (
    coverage,
    intra_list_diversity,
    mean_over_users,
    popularity_lift,
)
from recs_anomaly.recommend.evaluation.choice_trial import ChoiceTrial
from recs_anomaly.recommend.evaluation.evaluate import MODEL_NAME
from recs_anomaly.recommend.evaluation.lists import LISTED
from recs_anomaly.recommend.evaluation.trial import Trial
from recs_anomaly.reports.recommend_comparisons import (
    MODEL_IN_WORDS,
    number,
    percent,
)
from recs_anomaly.reports.recommend_parts import Measures, Pair

_N_PARTS = 10
AnyTrial = Trial | ChoiceTrial


def catalogue_share(trial: AnyTrial, predictor: str) -> float:
    """Measure how much of what was learned from is on at least one list.

    Parameters
    ----------
    trial : Trial or ChoiceTrial
    predictor : str
        "RBM", or the name of a simple rule.

    Returns
    -------
    share : float
    """
    # Items of the training part come first, and no list holds others.
    n_known = int((trial.task.n_ratings > 0).sum())
    return coverage(trial.lists[predictor], n_known, LISTED)


def tenths(trial: AnyTrial) -> list[Pair]:
    """Cut the items into tenths, the most rated first.

    Parameters
    ----------
    trial : Trial or ChoiceTrial

    Returns
    -------
    tenths : list of Pair
        Shares of the ratings learned from, and of the places on lists.
    """
    n_ratings = trial.task.n_ratings
    known = np.argsort(-n_ratings, kind="stable")[: int((n_ratings > 0).sum())]
    own = trial.lists[MODEL_NAME]
    n_listed = np.bincount(own[own >= 0], minlength=len(n_ratings))
    return [
        Pair(
            str(place),
            float(n_ratings[part].sum() / n_ratings.sum()),
            float(n_listed[part].sum() / max(n_listed.sum(), 1)),
        )
        for place, part in enumerate(np.array_split(known, _N_PARTS), start=1)
        if len(part)
    ]


def popularity(trial: AnyTrial, rule: str = "most rated") -> Measures:
    """Measure what kind of items is listed, beside the best known.

    Parameters
    ----------
    trial : Trial or ChoiceTrial
    rule : str, default="most rated"
        What the list of those is called.

    Returns
    -------
    table : Measures
    """
    names = ["Catalogue shown", "Popularity lift"]
    rows = {}
    features = _genres(trial)
    for name, predictor in ((MODEL_IN_WORDS, MODEL_NAME), (rule, rule)):
        lists = trial.lists[predictor]
        lift = popularity_lift(lists, trial.task.seen, trial.task.n_ratings, LISTED)
        share = percent(catalogue_share(trial, predictor), 1)
        rows[name] = [share, percent(lift, sign="+")]
        if features is not None:
            values = intra_list_diversity(lists, features, LISTED)
            rows[name].append(number(mean_over_users(values), ".2f"))
    if features is not None:
        names.append("Unlike in genre")
    return Measures(names, list(rows.items()), MODEL_IN_WORDS)


def _genres(trial: AnyTrial) -> np.ndarray | None:
    """Items by genre with 0 and 1, None where no genre is known."""
    asked = pd.DataFrame({"item_id": trial.task.items})
    genres = trial.recommender.catalogue.describe(asked)["genres"].fillna("")
    if not (genres != "").any():
        return None
    return np.asarray(genres.str.get_dummies("|").drop(columns="", errors="ignore"))
