"""The sheet before and after: sizes and pixels worked out by hand."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from recs_anomaly.denoise.app.outcomes import (
    CAPTION,
    GAP,
    HEIGHT,
    MARGIN,
    MAX_ROWS,
    TITLE,
    WIDTH,
    draw_sheet,
    pair_of,
)


def pixels_of(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)))


def test_small_pictures_are_shown_in_larger_pixels() -> None:
    before = np.zeros((100, 100), np.uint8)
    pair = pair_of("small", before, before + 128)
    assert pair.before.size == pair.after.size == (300, 300)  # 3 x 100 fit both ways
    assert pair.before.getpixel((299, 0)) == (0, 0, 0)
    assert pair.after.getpixel((0, 299)) == (128, 128, 128)


def test_the_place_is_where_most_is_to_be_seen_and_the_same_in_both() -> None:
    after = np.full((2 * HEIGHT, 2 * WIDTH), 100, np.uint8)
    after[HEIGHT:, WIDTH:] = np.arange(WIDTH) % 2 * 200  # the corner at the lower right
    before = np.zeros_like(after)
    before[HEIGHT:, WIDTH:] = 7
    pair = pair_of("large", before, after)
    assert pair.after.size == (WIDTH, HEIGHT)
    assert np.unique(np.asarray(pair.after)).tolist() == [0, 200]
    assert np.unique(np.asarray(pair.before)).tolist() == [7]


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (np.array([[0, 255]], np.uint8), [0, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0, 65535]], np.uint16), [0, 255]),
        (np.array([[-2.0, 2.0]]), [0, 255]),
        (np.array([[5.0, 5.0]]), [0, 0]),  # no range at all
    ],
)
def test_any_range_is_stretched_to_black_and_white(
    before: np.ndarray, shown: list[int]
) -> None:
    image = np.asarray(pair_of("range", before, before).before)
    assert [image[0, 0, 0], image[0, -1, 0]] == shown


def test_colours_stay_and_transparency_is_left_out() -> None:
    colour = np.zeros((10, 10, 4), np.uint8)
    colour[..., 0], colour[..., 3] = 200, 9
    assert pair_of("", colour, colour).before.getpixel((0, 0)) == (200, 0, 0)
    two_channels = np.dstack([np.full((10, 10), 50), np.full((10, 10), 90)])
    gray = pair_of("", two_channels.astype(np.uint8), two_channels.astype(np.uint8))
    assert gray.before.getpixel((0, 0)) == (50, 50, 50)


def test_a_sheet_holds_the_first_pairs_one_below_the_other() -> None:
    black = np.zeros((HEIGHT, WIDTH), np.uint8)
    pairs = [pair_of(f"picture {n}", black, black + 200) for n in range(MAX_ROWS + 2)]
    sheet = pixels_of(draw_sheet(pairs))
    row = CAPTION + HEIGHT + 2 * GAP
    height = MARGIN + TITLE + MAX_ROWS * row + GAP
    assert sheet.shape == (height, 2 * MARGIN + 2 * WIDTH + GAP, 3)
    for n in range(MAX_ROWS):
        top = MARGIN + TITLE + n * row + CAPTION
        assert not sheet[top : top + HEIGHT, MARGIN : MARGIN + WIDTH].any()
        after = sheet[top : top + HEIGHT, MARGIN + WIDTH + GAP :][:, :WIDTH]
        assert (after == 200).all()


def test_a_long_name_loses_its_middle_and_stays_on_the_sheet() -> None:
    black = np.zeros((HEIGHT, WIDTH), np.uint8)
    long = pixels_of(draw_sheet([pair_of("first" + "x" * 300 + "last", black, black)]))
    caption = long[MARGIN + TITLE : MARGIN + TITLE + CAPTION]
    assert (caption[:, -MARGIN:] == 255).all()
    assert (caption[:, -4 * MARGIN : -MARGIN] < 255).any()
