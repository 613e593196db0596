"""Writing and reading text with a fitted network, in NumPy: a step a character."""

import numpy as np

from recs_anomaly.core.class_losses import log_probabilities
from recs_anomaly.core.recurrent import Recurrent, advance_driven, first_state
from recs_anomaly.core.sequence_samples import Ints
from recs_anomaly.core.text import EDGE
from recs_anomaly.core.windows import Floats


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
