"""Texts as numbers: an alphabet, pieces to train on, what a text begins and ends with.

Symbol 0 is the edge: it comes before the first character of a text and after the last.
The last symbol stands for all characters that the alphabet lacks.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from recs_anomaly.core.sequence_samples import Ints, Samples

EDGE = 0
N_STEPS = 128  # longest piece of text that training looks at
WARM_UP = 32  # symbols that a piece only reads, so that those it learns have a past


def alphabet_of(texts: Iterable[str]) -> str:
    """Characters that occur, in the order of their code points."""
    return "".join(sorted(set[str]().union(*texts)))


def n_symbols(alphabet: str) -> int:
    """Count the symbols: the edge, the characters, and the one for all others."""
    return len(alphabet) + 2


def encode(text: str, alphabet: str) -> Ints:
    """Symbols of a text's characters, edges left out."""
    points, known = _code_points(text), _code_points(alphabet)
    places = np.searchsorted(known, points)
    is_known = np.isin(points, known)
    symbols: Ints = np.where(is_known, places, len(known)).astype(np.int64) + 1
    return symbols


def decode(symbols: Iterable[int], alphabet: str) -> str:
    """Text of symbols; U+FFFD stands for a character that the alphabet lacks."""
    characters = alphabet + "\N{REPLACEMENT CHARACTER}"
    return "".join(characters[symbol - 1] for symbol in symbols)


def cut_pieces(texts: Sequence[Ints]) -> Samples:
    """Cut texts, edges added, into pieces and the symbols that follow each of theirs.

    Pieces overlap by `WARM_UP` symbols. What is learned already, and the edges that
    fill up the last piece of a text, weigh nothing. Shapes are (n_pieces, n_steps);
    texts that are all short make short pieces.
    """
    wholes = [np.concatenate([[EDGE], text, [EDGE]]) for text in texts]
    n_steps = min(N_STEPS, max(len(whole) for whole in wholes) - 1)
    inputs, targets, weights = [], [], []
    for whole in wholes:
        for first in _first_learned(len(whole) - 1, n_steps):
            begin = max(first - WARM_UP, 0)
            piece = whole[begin : begin + n_steps + 1]
            n_missing = n_steps + 1 - len(piece)
            padded = np.concatenate([piece, np.full(n_missing, EDGE)])
            place = np.arange(begin, begin + n_steps)
            inputs.append(padded[:-1])
            targets.append(padded[1:])
            weights.append((place >= first) & (place < len(whole) - 1))
    return Samples(
        np.array(inputs, np.int32),
        np.ones((len(inputs), n_steps), dtype=np.bool_),
        np.array(targets, np.int32),
        np.array(weights, np.float32),
    )


def _first_learned(n_learned: int, n_steps: int) -> list[int]:
    """First symbol that each piece learns; the first piece learns all it reads."""
    return [0, *range(n_steps, n_learned, max(n_steps - WARM_UP, 1))]


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
