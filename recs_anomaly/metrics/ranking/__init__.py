"""How good lists of items are: what they find, how early, and what kind of items.

Users are rows and items are columns. A *list* is a row of columns, best first, filled
up with -1 where it ends; all lists are one array. What is relevant to whom is a matrix.
`ranked_columns` and `relevance_matrix` make both of tables of ids.
"""

from recs_anomaly.metrics.ranking.accuracy import (
    average_precision,
    capped_recall,
    hit_rate,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)
from recs_anomaly.metrics.ranking.items import (
    coverage,
    intra_list_diversity,
    popularity_lift,
)
from recs_anomaly.metrics.ranking.judging import Judged, judge, mean_over_users
from recs_anomaly.metrics.ranking.tables import ranked_columns, relevance_matrix

__all__ = [
    "Judged",
    "average_precision",
    "capped_recall",
    "coverage",
    "hit_rate",
    "intra_list_diversity",
    "judge",
    "mean_over_users",
    "ndcg",
    "popularity_lift",
    "precision",
    "ranked_columns",
    "recall",
    "reciprocal_rank",
    "relevance_matrix",
]
