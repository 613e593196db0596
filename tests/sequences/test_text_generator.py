"""TextGenerator: what it learns of texts, writes and makes of other texts."""

import pickle
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from recs_anomaly import TextGenerator, load, save
from recs_anomaly.core.recurrent_network import build_speaker, set_recurrent
from recs_anomaly.sequences import text as core
from recs_anomaly.sequences.samples import SequenceSamples

QUICK: dict[str, Any] = {"n_units": 24, "learning_rate": 0.03, "random_state": 0}
TEXTS = ["the cat sat. ", "a dog ran. "] * 30


@pytest.fixture(scope="module")
def fitted() -> TextGenerator:
    return TextGenerator(epochs=25, **QUICK).fit(TEXTS)


@settings(max_examples=40)
@given(text=st.text(max_size=30), more=st.text(max_size=30))
def test_texts_become_symbols_and_back(text: str, more: str) -> None:
    alphabet = core.alphabet_of([text])
    symbols = core.encode(text + more, alphabet)
    expected = [
        c if c in alphabet else "\N{REPLACEMENT CHARACTER}" for c in text + more
    ]
    assert core.decode(symbols, alphabet) == "".join(expected)
    assert symbols.min(initial=1) >= 1
    assert symbols.max(initial=1) < core.n_symbols(alphabet)


@pytest.mark.parametrize("lengths", [(3,), (0, 5, 2), (128,), (127, 400), (1000,)])
def test_every_symbol_is_learned_once_with_what_was_before(
    lengths: tuple[int, ...],
) -> None:
    texts = [1 + np.arange(n) for n in lengths]
    pieces: SequenceSamples = core.cut_pieces(texts)
    learned = []
    for inputs, targets, weights in zip(
        pieces.inputs, pieces.targets, pieces.weights, strict=True
    ):
        np.testing.assert_array_equal(inputs[1:], targets[:-1])
        learned += targets[weights > 0].tolist()
        first = int(np.argmax(weights > 0))
        assert first >= core.WARM_UP or inputs[0] == core.EDGE
    expected = [symbol for text in texts for symbol in [*text.tolist(), core.EDGE]]
    assert learned == expected
    assert pieces.inputs.shape[1] == min(core.N_STEPS, max(lengths) + 1)


def test_it_writes_what_it_read(fitted: TextGenerator) -> None:
    assert fitted.generate("the ", length=None, temperature=0) == "cat sat. "
    assert fitted.generate("a d", length=None, temperature=0) == "og ran. "
    drawn = {fitted.generate("", None, random_state=seed) for seed in range(12)}
    assert drawn & {"the cat sat. ", "a dog ran. "}
    assert len(fitted.generate(length=57)) == 57
    assert fitted.generate("x", length=0) == ""


def test_equal_seeds_write_equally(fitted: TextGenerator) -> None:
    assert fitted.generate(temperature=2.0) == fitted.generate(temperature=2.0)
    one, other = (fitted.generate(temperature=2.0, random_state=s) for s in (1, 2))
    assert one != other
    assert one == fitted.generate(temperature=2.0, random_state=1)


def test_bits_are_those_that_keras_finds(fitted: TextGenerator) -> None:
    texts = ["a cat ran. ", "?", "", "the dog the dog the dog"]
    network = build_speaker("gru", None, core.n_symbols(fitted.alphabet_), 24)
    set_recurrent(network, fitted._recurrent())
    bits = fitted.score_samples(texts)
    assert np.isnan(bits[2])
    for text, found in zip(texts, bits, strict=True):
        symbols = core.encode(text, fitted.alphabet_)
        if text:
            inputs = np.concatenate([[core.EDGE], symbols[:-1]])[None].astype("int32")
            outputs = keras.ops.convert_to_numpy(network(inputs))[0].astype("float64")
            outputs -= outputs.max(axis=1, keepdims=True)
            outputs -= np.log(np.exp(outputs).sum(axis=1, keepdims=True))
            expected = -outputs[np.arange(len(symbols)), symbols].mean() / np.log(2)
            assert found == pytest.approx(expected, rel=1e-4)
    total = np.nansum(bits * [len(text) for text in texts])
    assert fitted.score(texts) == pytest.approx(-total / sum(map(len, texts)))


def test_what_it_read_is_likelier_than_what_it_did_not(fitted: TextGenerator) -> None:
    known, mixed, strange = fitted.score_samples(["the cat sat. ", "tac ", "zzzz"])
    assert known < 0.5 < mixed < strange
    assert fitted.n_iter_ == len(fitted.loss_curve_)
    assert len(fitted.validation_loss_curve_) == fitted.n_iter_


@pytest.mark.parametrize("cell", ["lstm", "simple_rnn"])
def test_other_cells_learn_too(cell: str) -> None:
    quick = {**QUICK, "learning_rate": 0.06}
    model = TextGenerator(cell, epochs=8, **quick).fit(TEXTS)
    assert -model.score(TEXTS) < 1.0


def test_refits_warm_starts_and_files(tmp_path: Path) -> None:
    models = [TextGenerator(epochs=2, **QUICK).fit(TEXTS) for _ in range(2)]
    assert models[0].kernel_.tobytes() == models[1].kernel_.tobytes()
    warm = models[0].set_params(warm_start=True).fit([*TEXTS, "zebra"])
    assert warm.n_iter_ == 4
    assert "z" not in warm.alphabet_
    assert warm.score(TEXTS) > models[1].score(TEXTS)
    save(warm, tmp_path / "text.recs")
    for same in (load(tmp_path / "text.recs"), pickle.loads(pickle.dumps(warm))):
        assert same.generate("a ", 40) == warm.generate("a ", 40)


def test_it_is_an_estimator_of_texts(fitted: TextGenerator) -> None:
    """scikit-learn's own checks know no estimators of text, and test nothing."""
    with pytest.raises(NotFittedError):
        TextGenerator().score_samples(TEXTS)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "kernel_")
    assert repr(fitted).startswith("TextGenerator(epochs=25")


def test_what_breaks_a_rule(fitted: TextGenerator) -> None:
    for wrong, message in [
        ("one text", r"collection of texts; got 'one text'.* \[text\]"),
        ([], "at least one text; it holds none"),
        ([3], r"X must hold texts \(str\); it holds 3"),
        (["", ""], "at least one character; all texts are empty"),
    ]:
        with pytest.raises(ValueError, match=message):
            TextGenerator().fit(wrong)
    with pytest.raises(ValueError, match="temperature must be a number of at least 0"):
        fitted.generate(temperature=-1)
    with pytest.raises(ValueError, match=r"length must be .* or None; got 2\.5"):
        fitted.generate(length=2.5)  # type: ignore[arg-type]
    broken = pickle.loads(pickle.dumps(fitted))
    broken.alphabet_ += "z"
    with pytest.raises(ValueError, match="alphabet_ needs 16 rows of kernel_"):
        broken._check_parameters()
