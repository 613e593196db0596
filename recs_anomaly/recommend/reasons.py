"""How alike items are, and which of a person's own ratings move a score."""

import numpy as np

from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.recommend import choices as interaction_rbm
from recs_anomaly.recommend.choices import hidden_of_rows
from recs_anomaly.recommend.emphasis import emphasised
from recs_anomaly.recommend.model import Folded, fold_in, latent, latent_without_each
from recs_anomaly.recommend.ranking import ItemScoring, combined
from recs_anomaly.recommend.rows import RatingRows
from recs_anomaly.recommend.side import Priors, fading

KERNEL_OFFSETS = 2
# What this part of the user view's share in predictions adds to likeness was measured
# on residuals of people who were left out of the training, as was all of likeness.
SIMILARITY_SHARE = 0.25
TINY = 1e-12


def likeness_places(known: ItemScoring) -> Floats:
    """Rows whose products are the likeness of two items, from -1 to 1.

    Mostly the correlation of the items' features in the item view, without the offsets
    of the kernel, which all items share; a little of that of their weights in the user
    view. The user view alone says most by what the items tell its hidden units, and
    so do choices alone.
    """
    model = known.ratings
    if not known.ratings.is_rated:
        return _unit(known.interactions.weights.astype(np.float64))
    smooth = model.item_features[:, KERNEL_OFFSETS:]
    if not smooth.shape[1]:
        encoder = model.user_view
        return _unit(np.hstack([encoder.coupling, encoder.presence]))
    weights = model.item_weights[:, 1:]
    share = SIMILARITY_SHARE * model.user_share
    return np.hstack(
        [
            np.sqrt(1 - share) * _unit(smooth - smooth.mean(axis=0)),
            np.sqrt(share) * _unit(weights - weights.mean(axis=0)),
        ]
    )


def _unit(places: Floats) -> Floats:
    length = np.linalg.norm(places, axis=1, keepdims=True)
    return np.asarray(places / np.maximum(length, TINY))


def similarities(known: ItemScoring, item: int) -> Floats:
    """Likeness of one item to each."""
    places = likeness_places(known)
    return np.asarray(np.clip(places @ places[item], -1.0, 1.0))


def effects(
    known: ItemScoring,
    own: RatingRows,
    targets: Ints,
    rank_by: str = "both",
    person: Folded | None = None,
    priors: Priors | None = None,
) -> Floats:
    """Change of the scores of the target items that each own rating causes.

    `own` is one row of ratings, without any of the targets; `person` is what folding it
    in gives, where that is known, and `priors` what was expected of the person before.
    Each rating is left out in turn. Of shape (n_own, n_targets).
    """
    model, rbm = known.ratings, known.interactions
    items, levels = own.columns, own.levels
    hidden = hidden_of_rows(rbm, known.told, own)[0]
    if priors is not None:
        hidden = hidden + fading(priors.hidden, own.counts)[0]
    whole = interaction_rbm.exact_presence(
        rbm, np.tile(hidden, (len(targets), 1)), targets
    )
    parts = interaction_rbm.contributions(rbm, items, targets)
    if (says := emphasised(own, rbm.emphasis)) is not None:
        parts *= says[:, None]
    presence = np.vstack([whole, whole - parts])
    latent_rating = np.zeros((len(presence), len(targets)))
    if model.is_rated and rank_by != "watch":
        expected = None if priors is None else priors.weights[0]
        person = person or fold_in(model, items, levels, expected)
        without_each = latent_without_each(model, items, levels, targets, expected)
        latent_rating = np.vstack([latent(model, person, targets), without_each])
    score = combined(known, presence, latent_rating, rank_by)
    return np.asarray(score[0] - score[1:])


def strongest(effects: Floats) -> tuple[Ints, Floats]:
    """Place of the rating that speaks most for each target, and its effect.

    The place is behind the last, and the effect 0, where none speaks for a target.
    """
    # A row of nothing, so that there is a largest one.
    effects = np.vstack([effects, np.zeros(effects.shape[1])])
    effect = effects.max(axis=0)
    best = np.where(effect > 0.0, effects.argmax(axis=0), len(effects) - 1)
    return best, effect
