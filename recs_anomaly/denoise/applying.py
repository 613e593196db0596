"""Taking the noise out of planes of pixels with a trained denoising network."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.planes import doubled, halved, padded_to_multiple
from recs_anomaly.denoise.settings import CENTRE, GREY, MAX_SIGMA, MULTIPLE, Planes
from recs_anomaly.exceptions import MissingExtraError

Level = float | Singles
TILE = 1024
HALO = 64  # a multiple of MULTIPLE, and no less than the network sees to each side
# Where planes are halved, by a network that sees twice as far, all planes of a tile lie
# in memory at once. What is farther away than this halo changes a ten-thousandth of a
# step of 8 bits at most; half of it, several steps.
TILE_TO_HALVE, HALO_TO_HALVE = 640, 128
# A call costs a small plane more than the work. So many pixels of them go together.
MAX_SMALL = 64 * 64
PIXELS_OF_A_CALL = 16_384
MAX_PIXELS = 400_000  # of larger planes in one call
SMALLER_CALLS = (16, 4)  # so many times smaller, for few planes
MAX_OUTSIDE = 0.25  # that a plane is let be darker than 0 and brighter than 1
SIGMAS_OUTSIDE = 5.0  # and so many times the noise


NO_LIBRARY = (
    "the denoiser needs TensorFlow or ONNX Runtime to run its network; "
    'pip install "recs-anomaly[onnx]" adds the latter.'
)


class Network(Protocol):
    """A network that names the noise in a batch, run by some library."""

    is_compiled_by_shape: bool

    def __init__(self, weights: Singles, planes: Planes) -> None: ...

    def __call__(self, batch: Singles) -> Singles:
        """Return the noise over its level (n_images, height, width, n_cleaned)."""
        ...


class Places(NamedTuple):
    """Size of a batch of planes, and the places in it that a plane may take."""

    size: int
    free: NDArray[np.intp]


class TrainedNetwork:
    """A network that names the noise in planes, and that nobody may train.

    Libraries compute the sums of a batch in blocks, and round those at its end, say, in
    another way than the others; where that is depends on the processor and on the size
    of the batch. What becomes of a plane must not depend on its company. So small
    planes go in batches of a few sizes, filled up with zeros, and only into those
    places of them that are found to give the same bits. Larger planes go as they come:
    those of one image at a time.

    Parameters
    ----------
    weights : ndarray of shape (n_weights,)
    planes : Planes, default=Planes(n_seen=1, n_cleaned=1)
        Those that it sees and cleans.
    """

    def __init__(self, weights: Singles, planes: Planes = GREY) -> None:
        self._network = network_class()(weights, planes)
        self._places: dict[tuple[int, ...], list[Places]] = {}

    def unit_noise(self, inputs: Singles) -> Singles:
        """Return the noise (n_inputs, height, width, n_cleaned) over its level.

        Parameters
        ----------
        inputs : ndarray of shape (n_inputs, height, width, 2 n_seen)
            Planes and then the maps of their levels, as the network takes them; those
            of one image, or small ones of any.
        """
        shape = inputs.shape[1:]
        if not is_small(*shape[:2]):
            step = max(MAX_PIXELS // inputs[0, ..., 0].size, 1)
            parts = range(0, len(inputs), step)
            return np.concatenate([self._network(inputs[i : i + step]) for i in parts])
        if shape not in self._places:
            self._places[shape] = list(self._find_places(shape))
        *fewer, most = self._places[shape]
        found = []
        for first in range(0, len(inputs), len(most.free)):
            part = inputs[first : first + len(most.free)]
            places = next((p for p in fewer if len(part) <= len(p.free)), most)
            taken = places.free[: len(part)]
            batch = np.zeros((places.size, *shape), np.float32)
            batch[taken] = part
            found.append(self._network(batch)[taken])
        return np.concatenate(found)

    def _find_places(self, shape: tuple[int, ...]) -> Iterator[Places]:
        """Find the places of batches that compute alike, of the smallest batch first.

        That is seen by an input that is put into all of them.
        """
        n_most = PIXELS_OF_A_CALL // (shape[0] * shape[1])
        one = np.random.default_rng(0).random((1, *shape), np.float32)
        of_most = self._network(np.repeat(one, n_most, axis=0))
        kinds, kind_of, counts = np.unique(
            of_most, axis=0, return_inverse=True, return_counts=True
        )
        usual = int(counts.argmax())
        for size in () if self._network.is_compiled_by_shape else SMALLER_CALLS:
            few = np.repeat(one, max(n_most // size, 1), axis=0)
            found = self._network(few)
            is_alike = (found == kinds[usual]).all(axis=(1, 2, 3))
            if is_alike.any():
                yield Places(len(found), np.flatnonzero(is_alike))
        yield Places(n_most, np.flatnonzero(kind_of.ravel() == usual))


def needs_keras() -> bool:
    """Whether networks are run by Keras here, for lack of ONNX Runtime."""
    return not (find_spec("onnx") and find_spec("onnxruntime"))


def network_class() -> type[Network]:
    """Return what runs networks here.

    ONNX Runtime wherever it is installed: it starts in a tenth of the time, takes a
    third of the memory, and no TensorFlow.
    """
    if not needs_keras():
        from recs_anomaly.denoise.onnx_network import OnnxNetwork

        return OnnxNetwork
    if not (find_spec("keras") and (find_spec("tensorflow") or find_spec("jax"))):
        raise MissingExtraError(NO_LIBRARY)
    from recs_anomaly.denoise.keras_model import KerasNetwork

    return KerasNetwork


def is_small(height: int, width: int) -> bool:
    """Whether planes of this shape go together with those of other images."""
    rows, columns = -(-height // MULTIPLE), -(-width // MULTIPLE)
    return bool(rows * columns * MULTIPLE**2 <= MAX_SMALL)


def denoise_planes(
    network: TrainedNetwork, planes: Sequence[Singles], levels: Sequence[Level]
) -> list[Singles]:
    """Estimate the clean planes (height, width), all of one shape, from 0 to 1.

    They are those of one image, or of any number of images if they are small. A level
    is the standard deviation of a plane's noise, or that of each pixel. Noise stronger
    than training showed is brought down to what it showed: the plane is shrunk towards
    mid-grey for the network.
    """
    cleaned = list(planes)
    noisy = [i for i, level in enumerate(levels) if np.any(level)]
    found = denoise_together(
        network, [[planes[i]] for i in noisy], [[levels[i]] for i in noisy]
    )
    for i, [plane] in zip(noisy, found, strict=True):
        cleaned[i] = plane
    return cleaned


def denoise_halved(
    network: TrainedNetwork, planes: Sequence[Singles], levels: Sequence[Level]
) -> list[Singles]:
    """Estimate the clean planes, of which noise is taken at half their size."""
    height, width = planes[0].shape
    small = [halved(plane) for plane in planes]
    levels = [x if np.ndim(x) == 0 else np.asarray(x)[::2, ::2] for x in levels]
    cleaned = denoise_planes(network, small, levels)
    return [
        plane - doubled(before - after)[:height, :width]
        for plane, before, after in zip(planes, small, cleaned, strict=True)
    ]


def denoise_together(
    network: TrainedNetwork,
    images: Sequence[Sequence[Singles]],
    levels: Sequence[Sequence[Level]],
) -> list[list[Singles]]:
    """Estimate clean planes as `denoise_planes`, from all of an image at once.

    They are as many as the network cleans of those that it sees.
    """
    if not images:
        return []
    height, width = images[0][0].shape
    both = list(zip(images, levels, strict=True))
    seen = [list(map(_within_reach, *each)) for each in both]
    inputs = np.stack(list(map(as_input, seen, levels)))
    unit_noise = network.unit_noise(inputs)[:, :height, :width]
    return [
        list(map(_without, np.moveaxis(noise, 2, 0), planes, as_seen, each))
        for (planes, each), as_seen, noise in zip(both, seen, unit_noise, strict=True)
    ]


def _within_reach(plane: Singles, level: Level) -> Singles:
    """Hold a plane to values that training showed.

    What the network sees of a stuck pixel would spread as far as it sees.
    """
    reach = MAX_OUTSIDE + SIGMAS_OUTSIDE * float(np.max(level))
    return np.clip(plane, -reach, 1 + reach)


def as_input(planes: Sequence[Singles], levels: Sequence[Level]) -> Singles:
    """Put planes and the maps of their levels together, (height, width, 2 n_planes)."""
    strongest = max(float(np.max(level)) for level in levels)
    shrink = MAX_SIGMA / max(strongest, MAX_SIGMA)
    if shrink < 1:
        planes = [CENTRE + shrink * (plane - CENTRE) for plane in planes]
    shape = planes[0].shape
    maps = [np.broadcast_to(np.float32(shrink * level), shape) for level in levels]
    together = np.stack([*planes, *maps], axis=-1)
    return padded_to_multiple(together, MULTIPLE)


def _without(
    unit_noise: Singles, plane: Singles, seen: Singles, level: Level
) -> Singles:
    """Take the noise out of a plane, where the network saw it as it is."""
    removed = np.asarray(level, np.float32) * unit_noise
    return plane - np.where(seen == plane, removed, 0)


def shared_network(weights: Singles, planes: Planes = GREY) -> TrainedNetwork:
    """Return the network that has these weights.

    Building one takes as long as cleaning a small image: the last few are kept.
    """
    return _built_once(np.ascontiguousarray(weights).tobytes(), planes)


@lru_cache(maxsize=6)
def _built_once(weights: bytes, planes: Planes) -> TrainedNetwork:
    return TrainedNetwork(np.frombuffer(weights, np.float32), planes)
