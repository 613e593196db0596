"""Who is served well and who badly: groups of users by what is known of them."""

import numpy as np
import pandas as pd

from recs_anomaly.metrics.bootstrap import bootstrap_interval, bootstrap_mean_interval
from recs_anomaly.recommend.evaluation.lists import LISTED
from recs_anomaly.recommend.evaluation.trial import Trial

N_GROUPS = 4
# Of fewer users no group says anything.
MIN_USERS = 10
LIST_METRIC = f"ndcg@{LISTED}"
_N_RESAMPLES = 500


def measures_by_group(trial: Trial) -> pd.DataFrame:
    """Measure predictions and lists in groups of users.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    groups : DataFrame
        A row a group: trait (ratings, generosity, taste), low and high (range of the
        trait in the group), n_users, then rmse, rmse_low, rmse_high of the predictions
        and ndcg, ndcg_low, ndcg_high of the lists, with 95 % intervals from a bootstrap
        over users. Users are cut into quarters by each trait; those of whom nothing was
        learned, groups of fewer than ten users and the only group of a trait are left
        out. Largest error first.
    """
    users = _users(trial)
    rows = [
        _served(trait, own[trait], own)
        for trait in ("ratings", "generosity", "taste")
        for own in _quarters(users, trait)
    ]
    columns = "trait low high n_users rmse rmse_low rmse_high ndcg ndcg_low ndcg_high"
    table = pd.DataFrame(rows, columns=columns.split())
    return table.sort_values("rmse", ascending=False, ignore_index=True, kind="stable")


def _users(trial: Trial) -> pd.DataFrame:
    """Set a row a user of both parts: traits, errors and the worth of the list."""
    popularity = trial.train["item_id"].map(trial.train["item_id"].value_counts())
    own = trial.train.assign(popularity=popularity).groupby("user_id")
    errors = (trial.predictions["rating"] - trial.predictions["rating_mean"]) ** 2
    squared = errors.groupby(trial.predictions["user_id"])
    known = pd.DataFrame(
        {
            "ratings": own.size(),
            "generosity": own["rating"].mean(),
            "taste": own["popularity"].mean(),
        }
    )
    judged = pd.DataFrame({"error": squared.sum(), "n_hidden": squared.size()})
    values = pd.Series(trial.list_values[LIST_METRIC], index=trial.task.users)
    return judged.assign(ndcg=values.reindex(judged.index)).join(known, how="inner")


def _quarters(users: pd.DataFrame, trait: str) -> list[pd.DataFrame]:
    if users[trait].nunique() < N_GROUPS:
        return []
    quarter = pd.qcut(users[trait], N_GROUPS, labels=False, duplicates="drop")
    groups = [own for _, own in users.groupby(quarter) if len(own) >= MIN_USERS]
    return groups if len(groups) > 1 else []  # alone, a group is worse than nobody


def _served(trait: str, values: pd.Series, own: pd.DataFrame) -> tuple[object, ...]:
    errors = own["error"].to_numpy(dtype=np.float64)
    counts = own["n_hidden"].to_numpy(dtype=np.float64)
    rmse = float(np.sqrt(errors.sum() / counts.sum()))
    rmse_ends = bootstrap_interval(
        lambda n_drawn: np.sqrt(n_drawn @ errors / (n_drawn @ counts)),
        len(own),
        n_resamples=_N_RESAMPLES,
    )
    gains = own["ndcg"].to_numpy(dtype=np.float64)
    ndcg_ends = bootstrap_mean_interval(gains, n_resamples=_N_RESAMPLES)
    ends = float(values.min()), float(values.max())
    return (trait, *ends, len(own), rmse, *rmse_ends, gains.mean(), *ndcg_ends)
