"""
Translate numbers from words into digits
========================================

"two hundred and five" is 205. No rule is written down here: recurrent networks learn it
from examples, one network for each digit that is to be written.
"""

# %%
# All numbers below a thousand; every fourth is held out.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from sklearn.multioutput import MultiOutputClassifier

from recs_anomaly import SequenceClassifier

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
WORDS = [*ONES, *TENS, "hundred", "and"]


def in_words(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        ten, one = divmod(number, 10)
        return TENS[ten - 2] + (f" {ONES[one]}" if one else "")
    hundred, rest = divmod(number, 100)
    return f"{ONES[hundred]} hundred" + (f" and {in_words(rest)}" if rest else "")


numbers = np.random.default_rng(0).permutation(1000)
learned, held_out = numbers[:750], numbers[750:]
print(in_words(learned[0]), "=", learned[0])

# %%
# A step of a sequence is a word, with a channel for each word there is. Phrases are of
# different lengths: what is missing at the end is NaN, and left out.


def steps(number: int) -> np.ndarray:
    words = in_words(number).split()
    phrase = np.full((5, len(WORDS)), np.nan)
    phrase[: len(words)] = [np.array(WORDS) == word for word in words]
    return phrase


def sequences(numbers: np.ndarray) -> np.ndarray:
    return np.stack([steps(number) for number in numbers])


def digits(numbers: np.ndarray) -> np.ndarray:
    return np.stack([numbers // 100, numbers // 10 % 10, numbers % 10], axis=1)


# %%
# scikit-learn makes one network for each digit. They must tell "six hundred and sixty"
# from "six hundred and sixteen", and know that "hundred" alone means two zeros.

network = SequenceClassifier(n_units=32, epochs=30, learning_rate=0.02, random_state=0)
translator = MultiOutputClassifier(network)
translator.fit(sequences(learned), digits(learned))

# %%
# None of these has been seen before.

translated = translator.predict(sequences(held_out)) @ [100, 10, 1]
for number, found in list(zip(held_out, translated, strict=True))[:5]:
    print(f"{in_words(number)} -> {found}")
accuracy = np.mean(translated == held_out)
print(f"{accuracy:.0%} of the numbers that it has never seen are right")

# %%
# All of them: a row for the hundreds, a column for what follows them. Blue were held
# out and are right, orange are wrong, grey were learned from.

outcome = np.zeros(1000)
outcome[held_out] = np.where(translated == held_out, 1, 2)
figure, axes = plt.subplots(figsize=(8, 1.9))
axes.pcolormesh(
    outcome.reshape(10, 100),
    **{"cmap": ListedColormap(["0.88", "#0072B2", "#D55E00"]), "edgecolor": "w"},
    linewidth=0.3,
)
axes.set_yticks(np.arange(0.5, 10), [f"{hundreds}.." for hundreds in range(10)])
axes.set_xticks(np.arange(0.5, 100, 10), [f"..{tens}0" for tens in range(10)])
axes.tick_params(length=0)
axes.invert_yaxis()
plt.show()
