"""Slow and obvious twins of the metrics of lists: one user, one place at a time."""

import math
from collections.abc import Collection, Sequence


def precision(listed: Sequence[int], relevant: Collection[int], n: int) -> float:
    hits = 0
    for item in listed[:n]:
        if item in relevant:
            hits += 1
    return hits / n


def recall(listed: Sequence[int], relevant: Collection[int], n: int) -> float:
    found = [item for item in relevant if item in listed[:n]]
    return len(found) / len(relevant)


def capped_recall(listed: Sequence[int], relevant: Collection[int], n: int) -> float:
    found = [item for item in relevant if item in listed[:n]]
    return len(found) / min(len(relevant), n)


def hit_rate(listed: Sequence[int], relevant: Collection[int], n: int) -> float:
    return float(any(item in relevant for item in listed[:n]))


def reciprocal_rank(listed: Sequence[int], relevant: Collection[int], n: int) -> float:
    for rank, item in enumerate(listed[:n], start=1):
        if item in relevant:
            return 1 / rank
    return 0.0


def average_precision(
    listed: Sequence[int], relevant: Collection[int], n: int
) -> float:
    total = 0.0
    for rank, item in enumerate(listed[:n], start=1):
        if item in relevant:
            total += precision(listed, relevant, rank)
    return total / len(relevant)


def ndcg(listed: Sequence[int], relevant: Collection[int], n: int) -> float:
    gain = 0.0
    for rank, item in enumerate(listed[:n], start=1):
        if item in relevant:
            gain += 1 / math.log2(rank + 1)
    best = 0.0
    for rank in range(1, min(n, len(relevant)) + 1):
        best += 1 / math.log2(rank + 1)
    return gain / best


def coverage(lists: Sequence[Sequence[int]], n_items: int, n: int) -> float:
    seen = set()
    for listed in lists:
        seen.update(listed[:n])
    return len(seen) / n_items


def popularity_lift(
    lists: Sequence[Sequence[int]],
    profiles: Sequence[Collection[int]],
    popularity: Sequence[float],
    n: int,
) -> float:
    in_lists, in_profiles = [], []
    for listed, chosen in zip(lists, profiles, strict=True):
        if listed and chosen:
            own = [popularity[item] for item in listed[:n]]
            in_lists.append(sum(own) / len(own))
            own = [popularity[item] for item in chosen]
            in_profiles.append(sum(own) / len(own))
    if not sum(in_profiles):
        return math.nan
    return sum(in_lists) / sum(in_profiles) - 1


def intra_list_diversity(
    listed: Sequence[int], features: Sequence[Sequence[float]], n: int
) -> float:
    distances = []
    for place, item in enumerate(listed[:n]):
        for other in listed[:place]:
            distances.append(1 - _cosine(features[item], features[other]))
    return sum(distances) / len(distances) if distances else math.nan


def _cosine(first: Sequence[float], second: Sequence[float]) -> float:
    product = sum(a * b for a, b in zip(first, second, strict=True))
    lengths = math.hypot(*first) * math.hypot(*second)
    return product / lengths if lengths else 0.0
