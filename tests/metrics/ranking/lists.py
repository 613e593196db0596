"""Lists and what is relevant, as Python writes them and as the metrics take them."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

LONGEST = 6
N_ITEMS = 9


class World(NamedTuple):
    """A few users: what they were shown, and what is relevant to them."""

    lists: list[list[int]]
    relevant: list[list[int]]

    @property
    def ranked(self) -> np.ndarray:
        filled = [each + [-1] * (LONGEST - len(each)) for each in self.lists]
        return np.array(filled, dtype=np.int64).reshape(-1, LONGEST)

    @property
    def matrix(self) -> np.ndarray:
        return matrix_of(self.relevant)


def matrix_of(members: list[list[int]]) -> np.ndarray:
    matrix = np.zeros((len(members), N_ITEMS))
    for row, columns in enumerate(members):
        matrix[row, columns] = 1
    return matrix


_items = st.permutations(range(N_ITEMS))
_list = st.tuples(_items, st.integers(0, LONGEST)).map(lambda cut: cut[0][: cut[1]])
_relevant = st.tuples(_items, st.integers(0, N_ITEMS)).map(lambda cut: cut[0][: cut[1]])
worlds = st.lists(st.tuples(_list, _relevant), max_size=5).map(
    lambda users: World([u[0] for u in users], [u[1] for u in users])
)
depths = st.integers(1, LONGEST)
