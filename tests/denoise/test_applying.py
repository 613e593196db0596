"""What becomes of a picture does not depend on its company, to the bit."""

from itertools import pairwise

import numpy as np
import pytest

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise.applying import MAX_SMALL, TrainedNetwork, is_small
from recs_anomaly.denoise.settings import pretrained_weights

# Small and large, grey, in colour and with alpha, multiples of 8 and others.
SHAPES = [(8, 8), (5, 11), (28, 28), (40, 24), (64, 64), (13, 13, 3), (20, 17, 4)]
LARGE = [(72, 64), (66, 80, 3)]
N_IMAGES = 6


@pytest.fixture(scope="module")
def denoiser() -> ImageDenoiser:
    return ImageDenoiser.from_pretrained(sigma=0.1)


def images_of(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.random(shape) for shape in shapes]


def are_equal(found: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return all(map(np.array_equal, found, expected)) and len(found) == len(expected)


@pytest.mark.parametrize("shape", SHAPES + LARGE, ids=str)
def test_an_image_alone_is_as_in_any_company(
    denoiser: ImageDenoiser, shape: tuple[int, ...]
) -> None:
    images = images_of(*[shape] * N_IMAGES)
    alone = [denoiser.predict([image])[0] for image in images]
    assert are_equal(denoiser.predict(images), alone)
    assert are_equal(denoiser.predict(images[::-1]), alone[::-1])
    assert are_equal(denoiser.predict(images[2:5]), alone[2:5])
    lows, highs = denoiser.predict_interval(images)
    low, high = denoiser.predict_interval(images[-1:])
    assert are_equal([lows[-1], highs[-1]], [low[0], high[0]])


def test_many_images_and_few(denoiser: ImageDenoiser) -> None:
    """More than go into one call, and every number of them that does."""
    images = images_of(*[(8, 8)] * 300)
    together = denoiser.predict(images)
    for first, last in pairwise((0, 1, 3, 20, 36, 101, 300)):
        found = denoiser.predict(images[first:last])
        assert are_equal(found, together[first:last])


def test_images_of_all_sizes_in_one_list(denoiser: ImageDenoiser) -> None:
    images = images_of(*SHAPES, *LARGE, *SHAPES)
    alone = [denoiser.predict([image])[0] for image in images]
    assert are_equal(denoiser.predict(images), alone)


def test_noise_that_is_estimated(rng: np.random.Generator) -> None:
    blind = ImageDenoiser.from_pretrained()
    images = [0.5 + 0.1 * rng.standard_normal((32, 32)) for _ in range(3)]
    alone = [blind.predict([image])[0] for image in images]
    assert (alone[0] != images[0]).any()
    assert are_equal(blind.predict(images), alone)


@pytest.mark.parametrize("n_odd", [0, 1, 5])
def test_a_processor_that_rounds_the_end_of_a_batch_in_another_way(
    n_odd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So do Eigen's kernels, which take rows in blocks; small batches are all odd."""
    network = TrainedNetwork(pretrained_weights())

    def called(batch: np.ndarray) -> np.ndarray:
        found = 2 * batch[..., :1]
        found[max(len(batch) - n_odd, 0) :] *= 1 + 1e-6
        return found if len(batch) > 10 else found * np.float32(1 - 1e-6)

    called.is_compiled_by_shape = False  # type: ignore[attr-defined]
    monkeypatch.setattr(network, "_network", called)
    inputs = np.random.default_rng(0).random((70, 16, 16, 2), np.float32)
    for part in (inputs, inputs[:1], inputs[-7:]):
        assert (network.unit_noise(part) == 2 * part[..., :1]).all()


def test_small_is_what_goes_together_with_its_edges() -> None:
    assert is_small(64, 64)
    assert is_small(1, MAX_SMALL // 8)
    assert not is_small(63, 65)  # 64 x 72 with what the network needs
