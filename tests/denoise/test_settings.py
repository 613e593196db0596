"""The weights that come with the package, and how they are packed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recs_anomaly.core.flat_weights import set_flat_weights
from recs_anomaly.denoise import settings
from recs_anomaly.denoise.network import build_denoising_network
from recs_anomaly.denoise.settings import (
    COLOURS,
    FINE,
    FIRST_OF_COLOURS,
    GREY,
    Planes,
    begun_as_grey,
    packed,
    parts_of_step,
    unpacked,
)


@given(
    arrays(
        np.int64,
        st.integers(1, 40),
        elements=st.integers(-200, 200) | st.integers(-(2**15) + 128, 2**15 - 129),
    )
)
def test_what_is_packed_is_unpacked(numbers: np.ndarray) -> None:
    np.testing.assert_array_equal(unpacked(packed(numbers)), numbers)


def test_small_numbers_take_little_more_than_their_entropy() -> None:
    numbers = np.rint(np.random.default_rng(0).normal(0, 4, 100_000)).astype(int)
    shares = np.unique(numbers, return_counts=True)[1] / len(numbers)
    bits = -shares @ np.log2(shares)
    assert 8 * len(packed(numbers)) < 1.03 * bits * len(numbers)


@pytest.mark.parametrize("planes", [COLOURS, FIRST_OF_COLOURS])
def test_networks_of_colours_begin_with_the_inner_layers_of_the_grey_one(
    planes: Planes,
) -> None:
    model = build_denoising_network(0, planes=planes)
    set_flat_weights(model, begun_as_grey(planes))
    grey = build_denoising_network(0)
    set_flat_weights(grey, begun_as_grey(GREY))
    first, *inner, last, bias = model.get_weights()
    for ours, theirs in zip(inner, grey.get_weights()[1:-2], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for own in (first, last, bias):
        assert not own.any()


def test_all_weights_together_are_a_small_part_of_the_wheel() -> None:
    folder = Path(settings.__file__).parent / "pretrained"
    assert sum(path.stat().st_size for path in folder.glob("*.npz")) <= 3_000_000


@pytest.mark.parametrize("planes", [GREY, COLOURS, FIRST_OF_COLOURS])
def test_the_first_and_the_last_layer_and_biases_are_told_finely(
    planes: Planes,
) -> None:
    network = build_denoising_network(0, planes=planes)
    ends = {network.layers[1].name, network.layers[-1].name}
    expected = [
        np.full(
            variable.shape,
            FINE
            if ends & set(variable.path.split("/")) or "bias" in variable.path
            else 1,
        ).ravel()
        for variable in network.weights
    ]
    np.testing.assert_array_equal(parts_of_step(planes), np.concatenate(expected))
