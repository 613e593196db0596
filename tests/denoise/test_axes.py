"""Axes that users tell of: channels anywhere, channels apart, stacks any way round."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise.axes import Axes, read_batch
from recs_anomaly.exceptions import InputError


def spotted(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Different values everywhere, so that nothing can change places unseen."""
    return np.random.default_rng(seed).permutation(np.prod(shape)).reshape(shape) / 7


@given(data=st.data())
def test_what_was_read_is_restored(data: st.DataObject) -> None:
    n_axes = data.draw(st.integers(3, 4))
    shape = tuple(data.draw(st.integers(1, 5)) for _ in range(n_axes))
    axes = list(data.draw(st.permutations(range(-n_axes, 0))))
    channel = axes.pop() if n_axes == 4 or data.draw(st.booleans()) else None
    stack = axes.pop() if n_axes - (channel is not None) == 3 else None
    told = Axes(channel, stack, are_colours=data.draw(st.booleans()))
    X = spotted(shape)
    batch = read_batch(X, told)
    np.testing.assert_array_equal(batch.restore(batch.images), X)
    in_list = read_batch([X, X + 1], told)
    for found, came in zip(in_list.restore(in_list.images), [X, X + 1], strict=True):
        np.testing.assert_array_equal(found, came)


def test_slices_and_channels_stand_where_they_should() -> None:
    X = spotted((3, 5, 2, 7))  # channels, rows, slices, columns
    batch = read_batch(X, Axes(channel=0, stack=2))
    assert batch.stacks == [slice(0, 2)]
    np.testing.assert_array_equal(batch.images[1], np.moveaxis(X[:, :, 1], 0, -1))
    apart = read_batch(X, Axes(channel=0, stack=2, are_colours=False))
    assert apart.stacks == [slice(0, 2), slice(2, 4), slice(4, 6)]
    np.testing.assert_array_equal(apart.images[3][..., 0], X[1, :, 1])


def test_grey_images_three_wide_are_no_colours() -> None:
    X = spotted((9, 4, 3))
    assert len(read_batch(X, Axes()).images) == 1
    assert len(read_batch(X, Axes(channel=None)).images) == 9


def test_images_with_channels_first() -> None:
    batch = read_batch(spotted((5, 3, 8, 9)), Axes(channel=1))
    assert [image.shape for image in batch.images] == [(8, 9, 3)] * 5
    with_channels_outside = read_batch(spotted((3, 5, 8, 9)), Axes(channel=0))
    assert [image.shape for image in with_channels_outside.images] == [(8, 9, 3)] * 5


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((8, 8), Axes(stack=0)),
        ((2, 3, 4, 5, 6), Axes(stack=0)),
        ((8, 8, 3), Axes(channel=5)),
        ((2, 8, 8, 3), Axes(channel=0, stack=-4)),
        ((0, 8, 8), Axes(stack=0)),
    ],
)
def test_arrays_that_do_not_have_the_axes(shape: tuple[int, ...], axes: Axes) -> None:
    with pytest.raises(InputError, match=re.escape(str(shape))):
        read_batch(np.zeros(shape), axes)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"channel_axis": "last"}, "channel_axis must be an integer"),
        ({"stack_axis": 0.5}, "stack_axis must be an integer"),
        ({"channels": "rgb"}, "channels must be"),
        ({"stack_axis": 0, "image_shape": (8, 8)}, "image_shape must be None"),
    ],
)
def test_parameters_that_break_their_rule(parameters: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ImageDenoiser.from_pretrained(**parameters)


def test_channels_first_are_cleaned_as_channels_last() -> None:
    X = np.random.default_rng(0).normal(0.5, 0.1, (40, 48, 3))
    last = ImageDenoiser.from_pretrained().predict(X)
    first = ImageDenoiser.from_pretrained(channel_axis=0).predict(X.transpose(2, 0, 1))
    np.testing.assert_array_equal(first, last.transpose(2, 0, 1))


def test_separate_channels_know_nothing_of_each_other() -> None:
    rng = np.random.default_rng(0)
    X = np.stack([rng.normal(100, 9, (40, 48)), rng.normal(2000, 300, (40, 48))], 2)
    denoiser = ImageDenoiser.from_pretrained(channels="separate")
    found = denoiser.predict([X])[0]
    for i in range(2):
        alone = ImageDenoiser.from_pretrained().predict(X[..., i])
        np.testing.assert_array_equal(found[..., i], alone)
    assert denoiser.estimate_sigma([X]) == pytest.approx([9, 300], rel=0.2)


def test_fit_reads_pairs_alike() -> None:
    clean = np.tile(np.linspace(0, 1, 32), (3, 32, 1))
    noisy = clean + np.random.default_rng(0).normal(0, 0.1, clean.shape)
    denoiser = ImageDenoiser(
        channel_axis=0, channels="separate", max_iter=1, random_state=0
    )
    assert denoiser.fit(noisy, clean).image_shape_ == [32, 32, 1]
