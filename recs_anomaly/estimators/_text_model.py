"""What a fitted TextGenerator answers."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core import speech, text
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators._detector_settings import check_integer, check_number
from recs_anomaly.estimators._recurrent_state import RecurrentState, recurrent_arrays
from recs_anomaly.estimators._seeds import seed_of
from recs_anomaly.estimators._state import ArraySpec, ValueRule
from recs_anomaly.estimators._text_fit import checked_texts
from recs_anomaly.exceptions import InputError

LONGEST = 10_000
TEXTS_AT_ONCE = 64


class TextGeneratorModel(RecurrentState):
    """Methods of TextGenerator that need nothing but what was learned."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        name: spec
        for name, spec in recurrent_arrays("n_symbols", "n_symbols").items()
        if name != "optimizer_state_"
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "alphabet_": str,
        "n_iter_": int,
        "n_fits_": int,
        "seed_": int,
        "loss_curve_": list,
        "validation_loss_curve_": list,
    }

    alphabet_: str
    seed_: int

    def generate(
        self,
        prompt: str = "",
        length: int | None = 200,
        temperature: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> str:
        """Write on from a prompt.

        Parameters
        ----------
        prompt : str, default=""
            How the text begins.
        length : int or None, default=200
            Characters to write. None lets the network end the text, after at most
            10,000 characters.
        temperature : float, default=1.0
            1 draws characters as likely as they are; less favours the likely ones, 0
            always takes the likeliest.
        random_state : int, RandomState instance or None, default=None
            Seed of the drawing; by default the one of the training, so that equal calls
            write equally.

        Returns
        -------
        continuation : str
            What comes after the prompt.
        """
        check_is_fitted(self)
        check_number("temperature", temperature, 0.0, np.inf)
        if length is not None:
            check_integer("length", length, 0, ", or None")
        seed = self.seed_ if random_state is None else seed_of(random_state)
        speaker = speech.Speaker(self.cell, self._recurrent(), 1)
        for symbol in text.encode(prompt, self.alphabet_):
            speaker.hear(np.array([symbol]))
        most = LONGEST if length is None else length
        written = speech.write(speaker, most, temperature, length is None, seed)
        return text.decode(written, self.alphabet_)

    def score_samples(self, X: Iterable[str]) -> Floats:
        """Compute the bits a character that each text carries for the network.

        Parameters
        ----------
        X : iterable of str
            Texts.

        Returns
        -------
        bits : ndarray of shape (n_texts,)
            Mean of -log2 p(character | those before it). Fewer bits are likelier text:
            unlike other scores of scikit-learn's, lower is better. NaN for an empty
            text.
        """
        check_is_fitted(self)
        texts = checked_texts(X)
        lengths = np.array([len(each) for each in texts], dtype=np.float64)
        lengths[lengths == 0] = np.nan
        return self._bits(texts) / lengths

    def score(self, X: Iterable[str], y: object = None) -> float:
        """Compute how likely texts are, for model selection: higher is better.

        Parameters
        ----------
        X : iterable of str
            Texts.
        y : None, default=None
            Not used, present for scikit-learn's interface.

        Returns
        -------
        score : float
            Minus the bits a character, of all texts together.
        """
        check_is_fitted(self)
        texts = checked_texts(X)
        return float(-self._bits(texts).sum() / sum(map(len, texts)))

    def to_keras(self) -> Any:
        """Make a Keras model that says what comes next at each place of a text.

        Returns
        -------
        model : keras.Model
            From symbols (n_texts, steps) to their successors' probabilities (n_texts,
            steps, n_symbols). Symbol 0 is a text's edge, with which each text begins;
            i + 1 is character i of `alphabet_`, and the last symbol any other.
        """
        from recs_anomaly.core.recurrent_network import build_reader

        check_is_fitted(self)
        return build_reader(self.cell, self._recurrent())

    def _bits(self, texts: list[str]) -> Floats:
        """Bits of each text, (n_texts,)."""
        total = np.zeros(len(texts))
        # Texts of like length go together, so that none waits for a longer one.
        order = np.argsort([len(each) for each in texts], kind="stable")
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            rows = order[start : start + TEXTS_AT_ONCE]
            chosen = [text.encode(texts[row], self.alphabet_) for row in rows]
            total[rows] = speech.surprise(self.cell, self._recurrent(), chosen)
        return total

    def _check_parameters(self) -> None:
        super()._check_parameters()
        n_symbols = text.n_symbols(self.alphabet_)
        if not len(self.kernel_) == len(self.head_bias_) == n_symbols:
            raise InputError(f"alphabet_ needs {n_symbols} rows of kernel_.")

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "cell": self.cell,
            "n_units": len(self.recurrent_kernel_),
            "n_characters": len(self.alphabet_),
            "n_iter": self.n_iter_,
            "loss": self.loss_curve_[-1] if self.loss_curve_ else None,
        }
