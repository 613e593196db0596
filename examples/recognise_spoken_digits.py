"""
Recognise spoken digits
=======================

Sound is a long sequence; cut into frames, a digit is some forty steps of a few numbers.
Words are not all of one length, which a recurrent network does not mind.
"""

# %%
# Where the speech synthesiser ``espeak-ng`` is installed, it speaks the digits.
# Anywhere else, each digit is a made-up word: two or three vowels, each a buzz that is
# loudest where a voice has its formants. Voices differ in pitch, pace and breath.

import io
import shutil
import subprocess
import wave

import matplotlib.pyplot as plt
import numpy as np

from recs_anomaly import SequenceClassifier

RATE = 8000  # samples a second
FRAME = 256
VOWELS = {"a": (750, 1200), "e": (450, 1900), "i": (280, 2300), "o": (450, 800)}
WORDS = ["oe", "ia", "oo", "ai", "aeo", "iee", "eo", "oia", "ei", "eaa"]
DIGITS = "zero one two three four five six seven eight nine".split()


def tones(digit: int, pitch: float, pace: float) -> np.ndarray:
    """Made-up word of a digit: a buzz of the voice's pitch, shaped by formants."""
    time = np.arange(int(0.14 * RATE / pace)) / RATE
    sound = [
        sum(
            np.sin(2 * np.pi * pitch * h * time)
            * sum(np.exp(-(((pitch * h - f) / 120) ** 2)) for f in VOWELS[vowel])
            for h in range(1, int(RATE / 2 / pitch))
        )
        for vowel in WORDS[digit]
    ]
    return np.concatenate(sound)


def espeak(digit: int, pitch: float, pace: float) -> np.ndarray:
    """Word of a digit as espeak-ng says it, about at our rate."""
    spoken = subprocess.run(
        [
            *("espeak-ng", "--stdout", f"-p{pitch / 4:.0f}", f"-s{160 * pace:.0f}"),
            DIGITS[digit],
        ],
        capture_output=True,
        check=True,
    ).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        samples = np.frombuffer(file.readframes(-1), np.int16)
        step = file.getframerate() // RATE
    return samples[: len(samples) // step * step].reshape(-1, step).mean(axis=1)


speak = espeak if shutil.which("espeak-ng") else tones

# %%
# What the ear hears: the energy of twelve bands of each frame, on a logarithmic scale.


def bands(sound: np.ndarray) -> np.ndarray:
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=1)) ** 2
    edges = np.unique(np.geomspace(3, FRAME // 2, 13).astype(int))
    energy = np.add.reduceat(power, edges[:-1], axis=1)
    return np.log(energy + 1e-3 * energy.max())


# %%
# Some voices to learn from, and other voices to be judged by. Shorter words are filled
# up with NaN, which the network leaves out.


def record(n_voices: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    heard, said = [], []
    for pitch, pace in zip(
        rng.uniform(90, 220, n_voices), rng.uniform(0.8, 1.3, n_voices), strict=True
    ):
        for digit in range(10):
            sound = speak(digit, pitch, pace)
            breath = 0.1 * sound.std() * rng.standard_normal(len(sound))
            heard.append(bands(sound + breath))
            said.append(digit)
    X = np.full((len(heard), max(map(len, heard)), heard[0].shape[1]), np.nan)
    for row, frames in enumerate(heard):
        X[row, : len(frames)] = frames
    return X, np.array(said)


X_train, y_train = record(12, seed=0)
X_test, y_test = record(6, seed=1)
lengths = (~np.isnan(X_train[:, :, 0])).sum(axis=1)
print(f"{len(X_train)} words of {lengths.min()} to {lengths.max()} frames")

# %%
# The ten words in the first voice, as the network gets them: time goes to the right,
# pitch goes up, dark is loud.

figure, axes = plt.subplots(2, 5, figsize=(8, 3), sharex=True, sharey=True)
for digit, panel in enumerate(axes.flat):
    panel.imshow(X_train[digit].T, aspect="auto", origin="lower")
    panel.set(title=digit, xticks=[], yticks=[])
    panel.spines[:].set_visible(False)
plt.show()

# %%
# The network itself is one line.

model = SequenceClassifier(n_units=32, epochs=25, learning_rate=0.01, random_state=0)
accuracy = model.fit(X_train, y_train).score(X_test, y_test)
print(f"{accuracy:.0%} of the digits in voices never heard are recognised")
