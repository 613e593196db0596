"""Leading singular vectors of sparse tables, and leading eigenvectors of moments.

Block Lanczos (Golub & Underwood, 1977): a table times several vectors takes hardly
longer than times one. Each direction is kept apart from all before it, until those
wanted have converged: so they depend on the table alone.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigsh

from recs_anomaly.core.arrays import Floats

# Of the shorter side of a table: up to it all of its products fit, and are faster.
MAX_PRODUCTS = 512
BLOCK = 16
# Directions looked at for each one wanted, and for all: at first, and more of them.
FIRST, MORE, FOR_ALL = 4.5, 0.5, 5 * BLOCK
# Beyond a direction, in parts of its square, and of the greatest: roundings of these.
TOLERANCE, NOISE = 1000, 10
TINY = 1e-12


def leading_directions(matrix: csr_array, n: int) -> tuple[Floats, Floats, Floats]:
    """Singular vectors of the greatest singular values, which fall: (U, s, V')."""
    n_rows, n_columns = matrix.shape
    if n_rows > n_columns:
        right, lengths, left = leading_directions(matrix.T.tocsr(), n)
        return left.T, lengths, right.T
    if n_rows > max(MAX_PRODUCTS, 2 * (FIRST * n + FOR_ALL)):
        left, squares = _lanczos(matrix, n)
    else:
        products = (matrix @ matrix.T).toarray().astype(np.float64)
        left, squares = leading_eigenvectors(products, n)
    lengths = np.sqrt(np.maximum(squares, 0.0))
    right = (matrix.T @ left) / np.maximum(lengths, TINY)
    return left, lengths, right.T


def leading_eigenvectors(products: Floats, n: int) -> tuple[Floats, Floats]:
    """Eigenvectors of the greatest eigenvalues, in columns, and these, which fall."""
    size = len(products)
    if size > max(MAX_PRODUCTS, n):
        squares, vectors = eigsh(products, n, v0=np.ones(size), which="LA")
    else:
        first = max(size - n, 0)
        squares, vectors = eigh(products, subset_by_index=(first, size - 1))
    return vectors[:, ::-1], squares[::-1]


def _lanczos(matrix: csr_array, n: int) -> tuple[Floats, Floats]:
    """Leading eigenvectors of the products of the rows, of which there are many."""
    n_rows, back = matrix.shape[0], matrix.T.tocsr()
    rounding = np.finfo(matrix.dtype).eps
    wanted = int(FIRST * n) + FOR_ALL
    seen = np.empty((0, n_rows), matrix.dtype)
    start = np.random.default_rng(0).standard_normal((n_rows, BLOCK))
    block, _ = np.linalg.qr(start.astype(matrix.dtype))
    moments: list[Floats] = []
    while True:
        room = np.empty((wanted + BLOCK - len(seen), n_rows), matrix.dtype)
        size, seen = len(seen), np.concatenate([seen, room])
        while size < wanted:
            seen[size : size + BLOCK] = block.T
            size += BLOCK
            ahead = (matrix @ (back @ block)).T
            moments.append(ahead @ seen[:size].T)
            ahead -= moments[-1] @ seen[:size]
            block, rest = np.linalg.qr(ahead.T)
            # Rounding brings back what was taken out.
            block -= seen[:size].T @ (seen[:size] @ block)
            block, turned = np.linalg.qr(block)
            rest = turned @ rest
        seen = seen[:size]
        squares, places = _ritz(moments, n)
        beyond = np.linalg.norm(rest @ places[-BLOCK:], axis=0)
        enough = rounding * (TOLERANCE * squares + NOISE * squares[0])
        wanted = min(size + int(MORE * n) + FOR_ALL, n_rows - BLOCK)
        if (beyond <= enough).all() or size >= wanted:
            return seen.T @ places.astype(matrix.dtype), squares


def _ritz(moments: list[Floats], n: int) -> tuple[Floats, Floats]:
    """Leading eigenvalues of block columns, and eigenvectors, among the directions."""
    size = moments[-1].shape[1]
    whole = np.zeros((size, size))
    for place, column in enumerate(moments):
        whole[: column.shape[1], place * BLOCK : (place + 1) * BLOCK] = column.T
    squares, places = eigh(whole, lower=False, subset_by_index=(size - n, size - 1))
    return squares[::-1], places[:, ::-1]
