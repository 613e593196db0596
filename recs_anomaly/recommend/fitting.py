"""How the recommender learns: both views, what calibrates them, and the rest.

Nothing here sees a rating that it is later judged on: a small validation split of the
training ratings stops the training of the views and fits the shapes of the
distributions. Then the ratings of the split come back: hidden activity, item features
and everybody's weights are functions of the ratings, and are computed from all of them.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Floats, Ints, Singles
from recs_anomaly.core.progress import (
    Progress,
    Schedule,
    TerminalLine,
    TrainingHistory,
)
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend import levels as ordinal
from recs_anomaly.recommend import posterior, training
from recs_anomaly.recommend import view_rbm as rating_rbm
from recs_anomaly.recommend.assembly import (
    USUAL_MIXTURE,
    Views,
    assemble,
    factors_of,
    mixture_of,
    without_ratings,
)
from recs_anomaly.recommend.choices import (
    Choices,
    InteractionRBM,
    calibrated_link,
    fit_interactions,
    interactions_of,
    spectrum_of,
)
from recs_anomaly.recommend.emphasis import without_times
from recs_anomaly.recommend.emphasis_fitting import learn_emphasis
from recs_anomaly.recommend.levels import Calibration
from recs_anomaly.recommend.model import (
    People,
    RatingModel,
    evidence_of_pairs,
    fold_in_rows,
    latent,
    of_pairs,
)
from recs_anomaly.recommend.priors import item_priors, with_prior_choices
from recs_anomaly.recommend.rows import RatingRows, transposed
from recs_anomaly.recommend.view_rbm import ItemView, RatingRBM, RowContext

VALIDATION_SHARE = 0.1
MAX_VALIDATION = 20_000
MIN_VALIDATION = 50
# Of the ratings: to hold out less changes little of what is learned.
SMALL_SHARE = 0.03
ITEM_DROPOUT = 0.3
# What the validation split of MovieLens 100K says; a small one of other ratings moves
# these little.
USUAL_SHAPE_WEIGHTS = np.array([0.6, 0.3, 0.3, 0.8, -0.1])
USUAL_STRENGTH = 200.0
N_INTERVAL_RANKS = 501
# Tastes get twice the weight, and factors a share, where that saves this share of the
# squared error of so many users.
LEAST_GAIN = 0.01
MAX_STRENGTH = 16.0
SHARES = (0.5, 0.75, 1.0)
TASTES_BESIDE = (1.0, 0.25, 0.0)
N_STRENGTH_USERS = 100
VIEWS = ("user", "item")
# A kill can leave one of each: the last whole file, and the draft of the next.
KINDS = ("npz", "part")


class ViewSettings(NamedTuple):
    """What the constructor of the recommender says about training."""

    view: str
    n_hidden: int
    epochs: int
    learning_rate: float
    decay: float
    verbose: int
    checkpoint: Path | None


class LearnedRecommender(NamedTuple):
    """All that a fit leaves behind."""

    model: RatingModel
    interactions: InteractionRBM
    item_view: ItemView
    calibration: Calibration
    histories: dict[str, tuple[list[float], list[float]]]
    seed: int  # of the decompositions


class Split(NamedTuple):
    """Ratings of the training set, and those held out of the training of the views."""

    people: Ints  # whose ratings may be held out, and the last, who has none
    kept: RatingRows
    hidden: RatingRows

    @property
    def is_small(self) -> bool:
        """Whether what is learned with and without it is nearly the same."""
        n_hidden, n_kept = len(self.hidden.columns), len(self.kept.columns)
        return 0 < n_hidden < SMALL_SHARE * (n_hidden + n_kept)


class ValidationSplit(NamedTuple):
    """Ratings held out, one by one."""

    users: Ints
    items: Ints
    levels: Ints


def learn(
    ratings: RatingRows,
    levels: Floats,
    settings: ViewSettings,
    rng: np.random.Generator,
    of_items: Singles | None = None,
) -> LearnedRecommender:
    """Fit the recommender to rows of users, the last column an item nobody rated.

    `of_items` are features of the items, a row each.
    """
    parts = split_validation(ratings, rng)
    kept, hidden = parts.kept, parts.hidden
    split = ValidationSplit(hidden.rows, hidden.columns, hidden.levels)
    views, histories = _train_views(kept, split, len(levels), settings, rng)
    seed = int(rng.integers(2**31))
    noise = float(levels[ratings.levels].var() / 2)
    curve, weights = ordinal.USUAL_CURVE, USUAL_SHAPE_WEIGHTS
    ranks, mixture = np.linspace(0.0, 0.5, N_INTERVAL_RANKS), USUAL_MIXTURE
    with TerminalLine(settings.verbose) as line:
        if len(split.users):
            line.write("calibrating predictions ...")
            priors = item_priors(of_items, kept)
            rehearsal = assemble(kept, views, levels, settings.view, noise, priors)
            factors = factors_of(kept, levels, priors)
            rehearsal = _mixed(rehearsal, kept, split, factors)
            mixture = mixture_of(rehearsal)
            rehearsal, weights, ranks = _calibrate(rehearsal, kept, split)
            noise, curve = rehearsal.noise, rehearsal.curve
        if parts.is_small:
            model = rehearsal
        else:
            line.write("inferring items from all ratings ...")
            priors = item_priors(of_items, ratings)
            beside = settings.view, noise, priors, mixture
            model = assemble(ratings, views, levels, *beside)._replace(curve=curve)
        interactions = _interactions(ratings, parts, seed, line)
        interactions = with_prior_choices(interactions, priors)
    if not any(history.is_interrupted for history in histories.values()):
        remove_checkpoints(settings.checkpoint)
    losses = {view: (one.loss, one.validation_loss) for view, one in histories.items()}
    item_view = ItemView(*(array.astype(np.float32) for array in views.item))
    calibration = Calibration(weights, ranks)
    return LearnedRecommender(model, interactions, item_view, calibration, losses, seed)


def learn_choices(
    choices: RatingRows,
    verbose: int,
    rng: np.random.Generator,
    of_items: Singles | None = None,
) -> LearnedRecommender:
    """Fit the recommender to who chose what, without ratings."""
    split = split_validation(choices, rng)
    seed = int(rng.integers(2**31))
    model, views = without_ratings(choices)
    with TerminalLine(verbose) as line:
        interactions = _interactions(choices, split, seed, line)
        interactions = with_prior_choices(interactions, item_priors(of_items, choices))
    item_view = ItemView(*(array.astype(np.float32) for array in views.item))
    calibration = Calibration(USUAL_SHAPE_WEIGHTS, np.zeros(N_INTERVAL_RANKS))
    return LearnedRecommender(model, interactions, item_view, calibration, {}, seed)


def _interactions(
    ratings: RatingRows, split: Split, seed: int, line: TerminalLine
) -> InteractionRBM:
    line.write("learning who chooses what ...")
    if not len(split.hidden.columns):
        return fit_interactions(ratings)
    emphasis = learn_emphasis(ratings, split.kept, split.hidden)
    found = spectrum_of(ratings, emphasis)
    rbm = interactions_of(ratings, found, emphasis)
    line.write("calibrating who chooses what ...")
    found = spectrum_of(split.kept, emphasis, found if split.is_small else None)
    rehearsal = interactions_of(split.kept, found, without_times(emphasis))
    kept, hidden = split.kept.take(split.people), split.hidden.take(split.people)
    rng = np.random.default_rng(seed)
    link = calibrated_link(rehearsal, kept, Choices(hidden.rows, hidden.columns), rng)
    return rbm._replace(link=link)


def split_validation(ratings: RatingRows, rng: np.random.Generator) -> Split:
    """Hold out a random tenth of the ratings, none where that would be too few.

    Where it would be too many, it is a tenth of those of some people: fewer people are
    asked about sooner.
    """
    people = np.arange(ratings.n_rows)
    n_asked = int(MAX_VALIDATION / VALIDATION_SHARE)
    if len(ratings.columns) > n_asked:
        drawn = rng.permutation(people[:-1])
        n_told = np.cumsum(ratings.counts[drawn])
        drawn = drawn[: np.searchsorted(n_told, n_asked) + 1]
        people = np.append(np.sort(drawn), people[-1])
    told = np.flatnonzero(
        np.repeat(np.isin(np.arange(ratings.n_rows), people), ratings.counts)
    )
    n_split = int(VALIDATION_SHARE * len(told))
    is_split = np.zeros(len(ratings.columns), bool)
    if n_split >= MIN_VALIDATION:
        is_split[rng.choice(told, n_split, replace=False)] = True
    return Split(people, ratings.where(~is_split), ratings.where(is_split))


def _train_views(
    kept: RatingRows,
    split: ValidationSplit,
    n_levels: int,
    settings: ViewSettings,
    rng: np.random.Generator,
) -> tuple[Views, dict[str, TrainingHistory]]:
    """Train the views asked for; the other stays at its starting point."""
    schedule = Schedule(settings.epochs, settings.learning_rate)
    views: dict[str, RatingRBM] = {}
    histories: dict[str, TrainingHistory] = {}
    for name, rows, own_split, dropout in (
        ("user", kept, split, 0.0),
        (
            "item",
            transposed(kept),
            ValidationSplit(split.items, split.users, split.levels),
            ITEM_DROPOUT,
        ),
    ):
        is_trained = settings.view in ("both", name)
        n_hidden = settings.n_hidden if is_trained else 0
        views[name] = training.starting_point(rows, n_levels, n_hidden, rng)
        if not is_trained:
            continue
        config = training.RatingRBMConfig(n_hidden, settings.decay, dropout)
        place = f", {len(histories) + 1} of 2" if settings.view == "both" else ""
        views[name], histories[name] = training.fit_rating_rbm(
            rows,
            views[name],
            config,
            schedule,
            seed=int(rng.integers(2**31)),
            progress=Progress(f"{name} view{place}", settings.epochs, settings.verbose),
            validate=_validator(rows, own_split) if len(split.users) else None,
            checkpoint=file_of(settings.checkpoint, name),
        )
    user, item = views["user"], views["item"]
    return Views(user.encoder, item.encoder, user.level_log_frequency), histories


def _validator(
    rows: RatingRows, split: ValidationSplit
) -> Callable[[RatingRBM], float]:
    """Loss on the validation split, from those rows alone that it has ratings of."""
    asked, place = np.unique(split.users, return_inverse=True)
    return partial(_validation_loss, rows.take(asked), split._replace(users=place))


def _validation_loss(rows: RatingRows, split: ValidationSplit, rbm: RatingRBM) -> float:
    """Negative log-likelihood of the split, whose users may be any view's rows."""
    row, column, level = split
    context = rating_rbm.contexts(rbm, rows)
    logits = rating_rbm.level_logits(
        rbm,
        rating_rbm.hidden_units(rbm.encoder, rows)[row],
        RowContext(context.mean[row], context.habits[row]),
        column,
    )
    probabilities = rating_rbm.softmax(logits)[np.arange(len(level)), level]
    return float(-np.log(probabilities).mean())


def _mixed(
    model: RatingModel, kept: RatingRows, split: ValidationSplit, factors: Floats
) -> RatingModel:
    """Mix tastes and factors as serves some users of the split best."""
    if not model.item_features.shape[1]:
        return model
    users = np.unique(split.users)
    users = users[:: max(len(users) // N_STRENGTH_USERS, 1)]
    is_asked = np.isin(split.users, users)
    truth = model.levels[split.levels[is_asked]]
    place = np.searchsorted(users, split.users[is_asked])
    rows, items = kept.take(users), split.items[is_asked]

    def candidate(strength: float, share: float) -> RatingModel:
        tastes = model.item_features.copy()
        tastes[:, posterior.N_OFFSETS :] *= np.sqrt(strength)
        features = np.hstack([tastes, share * factors] if share else [tastes])
        mixture = np.array([strength, share])
        return model._replace(item_features=features, mixture=mixture)

    def error(strength: float, share: float) -> float:
        mixed = candidate(strength, share)
        people = fold_in_rows(mixed, rows)
        found = of_pairs(people, place, items, partial(latent, mixed))
        return float(np.square(found - truth).mean())

    def errors(strength: float, share: float) -> dict[tuple[float, float], float]:
        beside = [(part * strength, share) for part in TASTES_BESIDE]
        return {each: error(*each) for each in beside}

    with one_blas_thread():
        strength, least = 1.0, error(1.0, 0.0)
        while strength < MAX_STRENGTH:
            if (found := error(2.0 * strength, 0.0)) > (1.0 - LEAST_GAIN) * least:
                break
            strength, least = 2.0 * strength, found
        tried = errors(strength, SHARES[0])
        if min(tried.values()) > (1.0 - LEAST_GAIN) * least:
            return candidate(strength, 0.0)
        for share in SHARES[1:]:
            tried |= errors(strength, share)
    return candidate(*min(tried, key=lambda each: tried[each]))


def _calibrate(
    model: RatingModel, kept: RatingRows, split: ValidationSplit
) -> tuple[RatingModel, Floats, Floats]:
    """Noise, curve and shape weights; the split's distances from the middle rank."""
    order = np.argsort(split.users, kind="stable")
    users, items, levels = (part[order] for part in split)
    asked, place = np.unique(users, return_inverse=True)
    with one_blas_thread():
        people = fold_in_rows(model, kept.take(asked))
    latent_ratings = of_pairs(people, place, items, partial(latent, model))
    model = model._replace(
        noise=_typical_noise(people, default=model.noise),
        curve=ordinal.fit_curve(
            latent_ratings, model.levels[levels], model.mean, model.levels
        ),
    )
    known = evidence_of_pairs(model, people, place, items)
    weights = ordinal.fit_shape_weights(
        known, levels, model.levels, USUAL_SHAPE_WEIGHTS, USUAL_STRENGTH
    )
    probabilities = ordinal.distribution(known, weights, model.levels)
    ranks = ordinal.middle_ranks(probabilities)[np.arange(len(levels)), levels]
    shares = np.linspace(0.0, 1.0, N_INTERVAL_RANKS)
    return model, weights, np.quantile(np.abs(ranks - 0.5), shares)


def _typical_noise(people: People, default: float) -> float:
    """Mean squared residual of people's own ratings."""
    squares = sum(people.squared_error.tolist())
    return squares / int(people.n_ratings.sum()) if squares > 0 else default


def checkpoint_folder(folder: str | Path | None, random_state: object) -> Path | None:
    """Check that a checkpoint can serve."""
    if folder is None:
        return None
    if not isinstance(random_state, int | np.integer):
        raise InputError(
            "checkpoint needs an integer for random_state, so that the training goes "
            f"on as it began; got {random_state!r}."
        )
    if Path(folder).is_file():
        raise InputError(f"checkpoint must be a folder; {folder} is a file.")
    return Path(folder)


def file_of(folder: Path | None, view: str) -> Path | None:
    """Where the training of a view leaves its checkpoint."""
    return None if folder is None else folder / f"{view}-view.npz"


def remove_checkpoints(folder: Path | None) -> None:
    """Nothing is left to go on with; a folder that holds other things stays."""
    if folder is None:
        return
    for file in (f"{view}-view.{kind}" for view in VIEWS for kind in KINDS):
        (folder / file).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
