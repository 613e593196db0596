"""Stacks: slices that show the same help each other, those that do not keep apart."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise.noise import Noise
from recs_anomaly.denoise.stacks import REACH, Joiner
from recs_anomaly.metrics.image import psnr

SIGMA = 0.08


def scene(rng: np.random.Generator, side: int = 96) -> np.ndarray:
    """Blobs with edges."""
    smooth = gaussian_filter(rng.standard_normal((side, side)), 5)
    return 0.4 + 0.2 * np.tanh(4 * smooth / smooth.std())


def noisy(clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return clean + SIGMA * rng.standard_normal(clean.shape)


def joiner(stack: np.ndarray, **noise: object) -> Joiner:
    units = stack[..., None].astype(np.float32)
    return Joiner(lambda i: units[i], len(units), Noise((SIGMA,), **noise))


@pytest.mark.parametrize("noise", [{}, {"is_of_camera": True}])
def test_slices_alike_are_averaged(rng: np.random.Generator, noise: dict) -> None:
    stack = noisy(np.stack([scene(rng)] * 12), rng)
    unit, share = joiner(stack, **noise).joined(6)
    n = 2 * REACH + 1
    assert np.median(share) == pytest.approx(n**-0.5, rel=0.1)
    near = stack[6 - REACH : 7 + REACH]
    assert np.corrcoef(unit[..., 0].ravel(), near.mean(axis=0).ravel())[0, 1] > 0.99


def test_slices_of_other_scenes_are_left_out(rng: np.random.Generator) -> None:
    stack = noisy(np.stack([scene(rng) for _ in range(3)]), rng)
    unit, share = joiner(stack).joined(1)
    assert np.mean(share) > 0.95
    assert psnr(unit[..., 0], stack[1], 1.0) > psnr(unit[..., 0], stack[0], 1.0) + 20


def test_what_drifts_is_followed(rng: np.random.Generator) -> None:
    clean = scene(rng)
    moved = np.stack([np.roll(clean, (5 * i, -9 * i), (0, 1)) for i in range(3)])
    _, share = joiner(noisy(moved, rng)).joined(1)
    assert np.median(share) < 0.62  # 3 ** -0.5 is .58


def test_a_change_too_weak_for_one_pixel_is_seen_in_many(
    rng: np.random.Generator,
) -> None:
    clean = scene(rng)
    brighter = clean + 0.5 * SIGMA
    _, share = joiner(noisy(np.stack([clean, brighter]), rng)).joined(0)
    assert np.mean(share) > 0.95


def test_one_slice_alone_stays_as_it_is(rng: np.random.Generator) -> None:
    stack = noisy(scene(rng)[None], rng)
    unit, share = joiner(stack).joined(0)
    np.testing.assert_array_equal(unit[..., 0], stack[0].astype(np.float32))
    assert (share == 1).all()


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_a_stack_is_cleaner_than_its_slices(
    rng: np.random.Generator, dtype: str
) -> None:
    clean = np.stack([scene(rng)] * 5)
    stack = noisy(clean, rng)
    span = 1.0
    if dtype == "uint8":
        clean, stack, span = 255 * clean, np.rint(255 * stack).clip(0, 255), 255.0
    stack = stack.astype(dtype)
    alone = ImageDenoiser.from_pretrained(channel_axis=None).predict(stack)
    denoiser = ImageDenoiser.from_pretrained(stack_axis=-1)
    together = denoiser.predict(stack.transpose(1, 2, 0))
    assert together.dtype == dtype
    assert together.shape == (96, 96, 5)
    gain = psnr(together.transpose(2, 0, 1), clean, span) - psnr(alone, clean, span)
    assert gain > 2
    found = denoiser.estimate_sigma(stack.transpose(1, 2, 0))
    assert found == pytest.approx([SIGMA * span], rel=0.15)


def test_bounds_of_a_stack_are_those_of_what_is_left(rng: np.random.Generator) -> None:
    clean = np.stack([scene(rng)] * 5)
    stack = noisy(clean, rng)
    alone = ImageDenoiser.from_pretrained(channel_axis=None).predict_interval(stack)
    bounds = ImageDenoiser.from_pretrained(stack_axis=0).predict_interval(stack)
    assert np.mean(bounds.high - bounds.low) < 0.8 * np.mean(alone.high - alone.low)
    assert 0.85 < np.mean((bounds.low <= clean) & (clean <= bounds.high)) < 0.99


def test_a_clean_stack_comes_back_as_it_was(rng: np.random.Generator) -> None:
    stack = np.rint(1000 * np.stack([scene(rng)] * 3)).astype(np.uint16)
    found = ImageDenoiser.from_pretrained(stack_axis=0).predict(stack)
    np.testing.assert_array_equal(found, stack)


def test_large_slices_are_cleaned_as_small_ones(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = noisy(np.stack([scene(rng, 160)] * 2), rng)
    denoiser = ImageDenoiser.from_pretrained(stack_axis=0, sigma=SIGMA)
    whole = denoiser.predict(stack)
    monkeypatch.setattr("recs_anomaly.denoise.applying.TILE", 64)
    np.testing.assert_allclose(denoiser.predict(stack), whole, atol=1e-4)
