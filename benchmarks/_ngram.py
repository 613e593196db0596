"""Character n-grams with interpolated Kneser-Ney smoothing: what texts must beat.

Kneser & Ney (1995), interpolated as by Chen & Goodman (1999), one discount an order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

EDGE = "\x02"
UNKNOWN = "\x03"


class NGram:
    """Model of the next character given the `order` - 1 before it."""

    def __init__(self, order: int, texts: Iterable[str]) -> None:
        self._order = order
        texts = list(texts)
        self._known = set().union(*texts)
        counts: list[dict[str, Counter[str]]] = [
            defaultdict(Counter) for _ in range(order)
        ]
        for text in texts:
            padded = EDGE * (order - 1) + text
            for end in range(order - 1, len(padded)):
                counts[-1][padded[end - order + 1 : end]][padded[end]] += 1
        # Lower orders count the contexts that an n-gram was seen in, not how often.
        for place in range(order - 2, -1, -1):
            for context, following in counts[place + 1].items():
                for character in following:
                    counts[place][context[1:]][character] += 1
        self._counts = counts
        self._discounts = [_discount(of_order) for of_order in counts]

    def probability(self, context: str, character: str) -> float:
        """P(character | context)."""
        p = 1.0 / (len(self._known) + 1)
        for place in range(self._order):
            following = self._counts[place].get(context[len(context) - place :])
            if following is None:
                return p
            total, discount = following.total(), self._discounts[place]
            own = max(following[character] - discount, 0.0)
            p = (own + discount * len(following) * p) / total
        return p

    def bits_per_character(self, texts: Iterable[str]) -> float:
        """Mean of -log2 p over all characters of all texts."""
        bits, n_characters = 0.0, 0
        for text in texts:
            text = "".join(c if c in self._known else UNKNOWN for c in text)
            padded = EDGE * (self._order - 1) + text
            for end in range(self._order - 1, len(padded)):
                context = padded[end - self._order + 1 : end]
                bits -= np.log2(self.probability(context, padded[end]))
            n_characters += len(text)
        return bits / n_characters


def _discount(counts: dict[str, Counter[str]]) -> float:
    """n1 / (n1 + 2 n2), from the n-grams seen once and twice."""
    seen = Counter(n for following in counts.values() for n in following.values())
    return max(seen[1], 1) / max(seen[1] + 2 * seen[2], 2)
