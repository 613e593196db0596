"""What photographs go through between the lens and the file, for training.

Each function takes pieces of photographs (height, width, 3) from 0 to 1 and returns
the pair that a network learns from: what comes out with noise, and without. The steps
are those of Brooks et al., "Unprocessing images for learned raw denoising" (CVPR 2019)
and Guo et al., "Toward convolutional blind denoising of real photographs" (CVPR 2019):
linear light, mosaic, counted photons, demosaicking, white balance, tone curve; then
resampling, sharpening and JPEG, in an order and of a strength drawn at random.
"""

from io import BytesIO

import numpy as np
from PIL import Image
from scipy import ndimage

MIN_SCALE = 0.75
Pair = tuple[np.ndarray, np.ndarray]
# Bilinear demosaicking: what a colour that is measured at every second pixel of every
# second line, and what green, is averaged with.
KERNEL = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 4
GREEN = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / 4


def real_pair(clean: np.ndarray, size: int, rng: np.random.Generator) -> Pair:
    """Spoil a piece as a camera does, or by noise of a grain, and then as people do.

    What comes back is (size, size, 3); the piece should be half as large again, and by
    a few pixels, each way.
    """
    make = (camera, grain, white)[rng.choice(3, p=(0.5, 0.35, 0.15))]
    noisy, clean = make(clean, rng)
    if rng.random() < 0.3:
        noisy, clean = _resampled(noisy, clean, rng)
    if rng.random() < 0.3:
        noisy, clean = _sharpened(noisy, clean, rng)
    noisy = np.clip(noisy, 0, 1)
    if rng.random() < 0.75:
        noisy = jpeg(noisy, int(rng.integers(30, 99)), int(rng.choice((0, 2, 2))))
    # Where the blocks of JPEG files lie in a cut nobody knows.
    margin = (clean.shape[0] - size) // 2
    top, left = margin + rng.integers(-4, 4, size=2)
    place = slice(top, top + size), slice(left, left + size)
    noisy = np.rint(255 * noisy[place]).astype(np.float32) / 255
    return noisy, np.clip(clean[place], 0, 1)


def camera(clean: np.ndarray, rng: np.random.Generator) -> Pair:
    """Photons counted behind a mosaic of colours, developed."""
    gamma = rng.uniform(1.8, 2.6)
    gains = np.array([rng.uniform(1.2, 2.4), 1, rng.uniform(1.2, 2.4)], np.float32)
    light = clean**gamma / gains
    shot = np.exp(rng.uniform(np.log(1e-4), np.log(1e-2)))
    read = np.exp(rng.uniform(np.log(5e-4), np.log(1e-2)))
    raw = light + np.sqrt(shot * light + read**2) * _normal(light.shape, rng)
    row, column = rng.integers(2, size=2)
    developed = []
    for values in (raw, light):
        colours = _demosaicked(values, row, column) * gains
        developed.append(np.clip(colours, 0, 1) ** np.float32(1 / gamma))
    noisy, wanted = developed
    if rng.random() < 0.3:  # colour noise that the camera has smeared
        noisy = _smeared_colours(noisy, rng.uniform(0.5, 2.0))
    return noisy, wanted


def grain(clean: np.ndarray, rng: np.random.Generator) -> Pair:
    """Noise that neighbours share: film, scanners, video, enlarged pictures."""
    noise = _normal(clean.shape, rng)
    if rng.random() < 0.3:
        noise[:] = noise[..., :1]
    else:
        noise = noise @ _mix(rng)
    width = rng.uniform(0.3, 1.6)
    noise = ndimage.gaussian_filter(noise, (width, width * rng.uniform(0.7, 1.4), 0))
    sigma = np.exp(rng.uniform(np.log(2), np.log(35))) / 255
    noise *= sigma / noise.std()
    if rng.random() < 0.5:
        brightness = clean.mean(axis=2, keepdims=True)
        noise *= 0.4 + 1.2 * (brightness if rng.random() < 0.5 else 1 - brightness)
    return clean + noise, clean


def white(clean: np.ndarray, rng: np.random.Generator) -> Pair:
    """White noise, before what follows."""
    sigma = np.exp(rng.uniform(np.log(3), np.log(50))) / 255
    return clean + np.float32(sigma) * _normal(clean.shape, rng), clean


def jpeg(picture: np.ndarray, quality: int, subsampling: int) -> np.ndarray:
    """Store a picture as a JPEG file and read it again."""
    file = BytesIO()
    values = np.uint8(np.rint(255 * picture))
    Image.fromarray(values).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file), np.float32) / 255


def _normal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(shape, np.float32)


def _mix(rng: np.random.Generator) -> np.ndarray:
    """Draw how much of each colour's noise the others share."""
    shared = rng.uniform(0, 0.8)
    return (1 - shared) * np.diag(rng.uniform(0.6, 1.4, 3)) + shared * np.full(
        (3, 3), 1 / 3
    )


def _demosaicked(values: np.ndarray, row: int, column: int) -> np.ndarray:
    """Keep the one colour that each pixel measures; fill the others in."""
    is_measured = np.zeros(values.shape, np.float32)
    is_measured[row::2, column::2, 0] = 1
    is_measured[1 - row :: 2, 1 - column :: 2, 2] = 1
    is_measured[..., 1] = 1 - is_measured[..., 0] - is_measured[..., 2]
    mosaic = values * is_measured
    return np.stack(
        [
            ndimage.convolve(mosaic[..., i], kernel, mode="mirror")
            for i, kernel in enumerate((KERNEL, GREEN, KERNEL))
        ],
        axis=2,
    )


def _smeared_colours(picture: np.ndarray, width: float) -> np.ndarray:
    brightness = picture.mean(axis=2, keepdims=True)
    colours = ndimage.gaussian_filter(picture - brightness, (width, width, 0))
    return brightness + colours


def _resampled(noisy: np.ndarray, clean: np.ndarray, rng: np.random.Generator) -> Pair:
    """Make both smaller or larger."""
    scale = np.exp(rng.uniform(np.log(MIN_SCALE), np.log(1.8)))
    size = round(clean.shape[1] * scale), round(clean.shape[0] * scale)
    way = rng.choice((Image.Resampling.BILINEAR, Image.Resampling.BICUBIC))
    found = [
        np.stack(
            [
                np.asarray(Image.fromarray(each[..., i]).resize(size, way))
                for i in range(3)
            ],
            axis=2,
        )
        for each in (noisy, clean)
    ]
    return found[0], found[1]


def _sharpened(noisy: np.ndarray, clean: np.ndarray, rng: np.random.Generator) -> Pair:
    """Sharpen both with an unsharp mask."""
    width, amount = rng.uniform(0.6, 1.5), rng.uniform(0.2, 0.8)
    found = [
        each + amount * (each - ndimage.gaussian_filter(each, (width, width, 0)))
        for each in (noisy, clean)
    ]
    return found[0], found[1]
