"""Small ratings and rating RBMs for tests."""

import numpy as np
from hypothesis import strategies as st

from recs_anomaly.recommend.rows import RatingRows, to_rows
from recs_anomaly.recommend.view_rbm import RatingRBM, level_place

N_LEVELS = 5


@st.composite
def ragged(draw: st.DrawFn) -> RatingRows:
    """Ratings of up to 8 rows and 7 columns, empty ones among them."""
    n_rows, n_columns = draw(st.integers(1, 8)), draw(st.integers(1, 7))
    cells = st.tuples(st.integers(0, n_rows - 1), st.integers(0, n_columns - 1))
    rated = draw(st.lists(cells, unique=True, max_size=30))
    levels = draw(
        st.lists(st.integers(0, N_LEVELS - 1), min_size=len(rated), max_size=len(rated))
    )
    rows, columns = np.array(rated, np.int64).reshape(-1, 2).T
    return to_rows(rows, columns, np.array(levels, np.int64), (n_rows, n_columns))


def pairs_of_rows(ratings: RatingRows) -> list[list[tuple[int, int]]]:
    """The (column, level) pairs of each row."""
    pairs: list[list[tuple[int, int]]] = [[] for _ in range(ratings.n_rows)]
    for row, column, level in zip(
        ratings.rows, ratings.columns, ratings.levels, strict=True
    ):
        pairs[row].append((int(column), int(level)))
    return pairs


def random_rbm(n_columns: int, n_hidden: int = 3, seed: int = 0) -> RatingRBM:
    rng = np.random.default_rng(seed)
    frequency = rng.dirichlet(np.ones(N_LEVELS))
    return RatingRBM(
        coupling=rng.normal(size=(n_columns, n_hidden)),
        presence=rng.normal(size=(n_columns, n_hidden)),
        hidden_bias=rng.normal(size=n_hidden),
        level_in=level_place(N_LEVELS) + 0.1 * rng.normal(size=N_LEVELS),
        visible_bias=rng.normal(size=(n_columns, N_LEVELS)),
        level_out=level_place(N_LEVELS) + 0.1 * rng.normal(size=N_LEVELS),
        row_weights=np.array([1.7, 0.6]),
        column_level=rng.uniform(-0.5, 0.5, n_columns),
        level_log_frequency=np.log(frequency),
    )


def random_ratings(
    n_rows: int = 12, n_columns: int = 9, share: float = 0.5, seed: int = 0
) -> RatingRows:
    """Ratings of some of the cells; the last row and column 0 stay empty."""
    rng = np.random.default_rng(seed)
    is_rated = rng.random((n_rows, n_columns)) < share
    is_rated[-1], is_rated[:, 0] = False, False
    rows, columns = np.nonzero(is_rated)
    levels = rng.integers(0, N_LEVELS, len(rows))
    return to_rows(rows, columns, levels, (n_rows, n_columns))
