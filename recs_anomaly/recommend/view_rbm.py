"""Forward passes of the rating RBM in NumPy: all that serving needs.

One row of ratings (a user's, or an item's) drives ``n_hidden`` units of activity
between -1 and 1. Every rated column is a softmax visible unit with a state for each
rating level; columns without a rating are absent. Levels share one coupling vector
per column, scaled by a learned score of the level (an ordinal unit), and a second
vector, ``presence``, tells the hidden units that the column was rated at all.
"""

from functools import cache
from typing import Annotated, Any, NamedTuple, TypeVar

import numpy as np
from scipy.sparse import csr_array

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Floats, Ints, Singles
from recs_anomaly.recommend.rows import (
    BLOCK,
    RatingRows,
    level_counts,
    row_blocks,
    segment_sum,
)

TYPICAL_COUNT = 60.0
EMPTY_COUNT = 10.0
MEAN_SHRINKAGE = 5.0
LEVEL_SHRINKAGE = 10.0


class RatingRBM(NamedTuple):
    """Parameters of one view. H hidden units, C columns, K levels."""

    coupling: Floats  # (C, H)
    presence: Floats  # (C, H)
    hidden_bias: Floats  # (H,)
    level_in: Floats  # (K,) score of a level as seen by the hidden units
    visible_bias: Floats  # (C, K)
    level_out: Floats  # (K,) score of a level as predicted
    row_weights: Floats  # (2,) weight of the row's mean, weight of its habits
    column_level: Floats  # (C,) mean level of the column, on the scale of level_place
    level_log_frequency: Floats  # (K,)

    @property
    def encoder(self) -> "Encoder":
        """The half that serving needs."""
        return Encoder(self.coupling, self.presence, self.hidden_bias, self.level_in)


class Encoder(NamedTuple):
    """What turns a row of ratings into hidden activity.

    The annotations are those of the user view, whose columns are items.
    """

    coupling: Annotated[Floats, ArraySpec("float64", ("n_items + 1", "n_user_hidden"))]
    presence: Annotated[Floats, ArraySpec("float64", ("n_items + 1", "n_user_hidden"))]
    hidden_bias: Annotated[Floats, ArraySpec("float64", ("n_user_hidden",))]
    level_in: Annotated[Floats, ArraySpec("float64", ("n_levels",))]


class ItemView(NamedTuple):
    """Encoder of the item view as it is kept, in half of the memory.

    Its columns are users. Answers do without it; new ratings are taken up by it.
    """

    coupling: Annotated[Singles, ArraySpec("float32", ("n_users + 1", "n_item_hidden"))]
    presence: Annotated[Singles, ArraySpec("float32", ("n_users + 1", "n_item_hidden"))]
    hidden_bias: Annotated[Singles, ArraySpec("float32", ("n_item_hidden",))]
    level_in: Annotated[Singles, ArraySpec("float32", ("n_levels",))]

    @property
    def encoder(self) -> Encoder:
        """The same in double precision."""
        return Encoder(*(array.astype(np.float64) for array in self))

    def at(self, users: Ints) -> "ItemView":
        """Keep the users at these places."""
        return self._replace(
            coupling=self.coupling[users], presence=self.presence[users]
        )


class RowContext(NamedTuple):
    """What a row tells before any hidden unit: its mean and its use of the levels."""

    mean: Floats  # (n,) shrunken mean of level minus the column's mean
    habits: Floats  # (n, K) log smoothed frequency against all ratings'


EncoderOfEither = TypeVar("EncoderOfEither", Encoder, ItemView)


def with_room(encoder: EncoderOfEither, n: int) -> EncoderOfEither:
    """Let an encoder have n columns and the last, which stands for what is unknown.

    It says nothing about those that are new.
    """

    def grown(old: Any) -> Any:
        new = np.zeros((n + 1 - len(old), old.shape[1]), old.dtype)
        return np.concatenate([old[:-1], new, old[-1:]])

    return encoder._replace(
        coupling=grown(encoder.coupling), presence=grown(encoder.presence)
    )


@cache
def level_place(n_levels: int) -> Floats:
    """Evenly spaced places of the levels from -1 to 1."""
    return np.linspace(-1.0, 1.0, n_levels)


def count_scale(counts: Floats) -> Floats:
    """Factor on the input of the hidden units, so that long rows do not saturate."""
    return np.asarray(((counts + EMPTY_COUNT) / TYPICAL_COUNT) ** -0.5)


def hidden_mean(total: Floats, counts: Floats, hidden_bias: Floats) -> Floats:
    """Mean activity tanh(c + scale * sum of couplings) of the hidden units."""
    return np.asarray(np.tanh(hidden_bias + total * count_scale(counts)[:, None]))


def messages(encoder: Encoder, columns: Ints, levels: Ints) -> Floats:
    """Input of each rating to the hidden units, of shape (n_ratings, n_hidden)."""
    weighted = encoder.level_in[levels, None] * encoder.coupling[columns]
    return np.asarray(weighted + encoder.presence[columns])


def habits_of(level_use: Floats, counts: Floats, level_log_frequency: Floats) -> Floats:
    """Log smoothed frequency of the levels in rows, against that in all ratings."""
    smoothed = level_use + LEVEL_SHRINKAGE * np.exp(level_log_frequency)
    total = counts[:, None] + LEVEL_SHRINKAGE
    return np.asarray(np.log(smoothed / total) - level_log_frequency)


def contexts(rbm: RatingRBM, ratings: RatingRows) -> RowContext:
    """Context of each row, for predicting columns that it has not rated."""
    sums = segment_sum(level_residuals(rbm, ratings), ratings.offsets)
    counts = ratings.counts.astype(np.float64)
    use = level_counts(ratings, len(rbm.level_in))
    return RowContext(
        sums / (counts + MEAN_SHRINKAGE),
        habits_of(use, counts, rbm.level_log_frequency),
    )


def contexts_without_self(rbm: RatingRBM, ratings: RatingRows) -> RowContext:
    """Context that each rating finds when it is left out of its row."""
    rows, levels = ratings.rows, ratings.levels
    residuals = level_residuals(rbm, ratings)
    sums = segment_sum(residuals, ratings.offsets)[rows] - residuals
    n_others = ratings.counts.astype(np.float64) - 1.0
    # All ratings of a row find the same use of the levels, but each of its own level.
    use = level_counts(ratings, len(rbm.level_in))
    whole = habits_of(use, n_others, rbm.level_log_frequency)
    less = habits_of(np.maximum(use - 1.0, 0.0), n_others, rbm.level_log_frequency)
    habits = whole.take(rows, axis=0)
    habits[np.arange(len(rows)), levels] = less[rows, levels]
    return RowContext(sums / (n_others[rows] + MEAN_SHRINKAGE), habits)


def level_residuals(rbm: RatingRBM, ratings: RatingRows) -> Floats:
    """Level of each rating minus the mean level of its column."""
    place = level_place(len(rbm.level_in))
    return np.asarray(place[ratings.levels] - rbm.column_level[ratings.columns])


def hidden_units(encoder: Encoder, ratings: RatingRows) -> Floats:
    """Mean activity of the hidden units of every row, of shape (n_rows, n_hidden)."""
    total = np.empty((ratings.n_rows, encoder.coupling.shape[1]))
    for block in row_blocks(ratings, BLOCK):
        offsets = ratings.offsets[block.start : block.stop + 1]
        own = slice(offsets[0], offsets[-1])
        columns, starts = ratings.columns[own], offsets - offsets[0]
        shape = (len(offsets) - 1, ratings.n_columns)
        level = csr_array(
            (encoder.level_in[ratings.levels[own]], columns, starts), shape
        )
        told = csr_array((np.ones(len(columns)), columns, starts), shape)
        total[block] = level @ encoder.coupling + told @ encoder.presence
    return hidden_mean(total, ratings.counts.astype(np.float64), encoder.hidden_bias)


def level_logits(
    rbm: RatingRBM, hidden: Floats, context: RowContext, columns: Ints
) -> Floats:
    """Logits of the levels for aligned (hidden, context, column), of shape (n, K)."""
    mean_weight, habit_weight = rbm.row_weights
    drive = np.einsum("nh,nh->n", hidden, rbm.coupling[columns])
    position = drive + mean_weight * context.mean
    habits = rbm.visible_bias[columns] + habit_weight * context.habits
    return np.asarray(habits + position[:, None] * rbm.level_out)


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))
