"""Texts as numbers: an alphabet, pieces to train on, what a text begins and ends with.

Symbol 0 is the edge: it comes before the first character of a text and after the last.
The last symbol stands for all characters that the alphabet lacks.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.core.recurrent import Recurrent, advance_driven, first_state
from recs_anomaly.sequences.samples import SequenceSamples, log_probabilities

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


def cut_pieces(texts: Sequence[Ints]) -> SequenceSamples:
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
    return SequenceSamples(
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


class Speaker:
    """Texts under way, all at the same step: says what may come, is told what came."""

    def __init__(self, cell: str, model: Recurrent, n_texts: int) -> None:
        self._cell = cell
        self._model = model
        self._state = first_state(cell, model, n_texts)
        self.hear(np.full(n_texts, EDGE))

    def hear(self, symbols: Ints) -> None:
        """Go on by a symbol (n_texts,) each."""
        driven = self._model.kernel[symbols]
        self._state = advance_driven(self._cell, self._model, self._state, driven)

    def log_odds(self) -> Floats:
        """Log odds (n_texts, n_symbols) of what comes next."""
        return self._state[0] @ self._model.head_kernel + self._model.head_bias


def surprise(cell: str, model: Recurrent, texts: list[Ints]) -> Floats:
    """Bits that the characters of each text carry, added up, (n_texts,)."""
    lengths = np.array([len(text) for text in texts])
    padded = np.full((len(texts), lengths.max(initial=0)), EDGE)
    for row, text in enumerate(texts):
        padded[row, : len(text)] = text
    speaker = Speaker(cell, model, len(texts))
    total = np.zeros(len(texts))
    for place, symbols in enumerate(padded.T):
        log_p = log_probabilities(speaker.log_odds())[np.arange(len(texts)), symbols]
        total -= np.where(place < lengths, log_p, 0.0)
        speaker.hear(symbols)
    bits: Floats = total / np.log(2.0)
    return bits


def write(
    speaker: Speaker, most: int, temperature: float, may_end: bool, seed: int
) -> list[int]:
    """Draw at most so many symbols of one text; those drawn may end it, or may not.

    Temperatures below 1 favour what is likely; 0 takes the likeliest.
    """
    rng = np.random.default_rng(seed)
    written: list[int] = []
    while len(written) < most:
        log_odds = speaker.log_odds()[0]
        log_odds[-1] = -np.inf  # an unknown character cannot be written
        if not may_end:
            log_odds[EDGE] = -np.inf
        symbol = _draw(log_odds, temperature, rng)
        if symbol == EDGE:
            break
        written.append(symbol)
        speaker.hear(np.array([symbol]))
    return written


def _draw(log_odds: Floats, temperature: float, rng: np.random.Generator) -> int:
    if temperature == 0:
        return int(log_odds.argmax())
    weights = np.exp((log_odds - log_odds.max()) / temperature).cumsum()
    place = np.searchsorted(weights, rng.random() * weights[-1], side="right")
    return int(min(place, len(weights) - 1))  # rounding may lead beyond the last
