"""The table of outcomes: figures of clean twins, and what is said without one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recs_anomaly.denoise.app.folder import PictureOutcome
from recs_anomaly.denoise.app.outcomes import MAX_ROWS, Records

CLEAN = np.full((16, 20), 100, np.uint8)


def outcome(name: str = "a.png", problem: str = "", error: int = 10) -> PictureOutcome:
    noisy, cleaned = CLEAN + np.uint8(error), CLEAN + np.uint8(1)
    return PictureOutcome(
        name=name,
        is_clean=True,
        before=[noisy],
        after=[cleaned],
        size=(16, 20),
        sigma=9.876,
        problem=problem,
    )


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    Image.fromarray(CLEAN).save(tmp_path / "a.png")
    (tmp_path / "broken.png").write_text("no picture")
    return tmp_path


def test_quality_is_that_beside_the_clean_picture(originals: Path) -> None:
    records = Records(originals)
    records.add(outcome())
    [row] = records.table().to_dict("records")
    assert (row["file"], row["height"], row["width"]) == ("a.png", 16, 20)
    # Off by 10 and by 1 of 255 everywhere.
    assert row["psnr_before"] == pytest.approx(20 * np.log10(255 / 10))
    assert row["psnr"] == pytest.approx(20 * np.log10(255))
    assert row["problem"] == ""
    assert row["is_clean"]


def test_a_picture_that_keeps_its_noise_is_not_clean() -> None:
    records = Records(None)
    records.add(outcome(problem="noise was left"))
    assert records.table()["is_clean"].tolist() == [False]


@pytest.mark.parametrize(
    ("name", "problem"),
    [("b.png", "there is no clean picture of this name"), ("broken.png", "no picture")],
)
def test_without_a_clean_twin_the_problem_is_added(
    originals: Path, name: str, problem: str
) -> None:
    records = Records(originals)
    records.add(outcome(name, problem="noise was left"))
    [row] = records.table().to_dict("records")
    assert row["problem"].startswith("noise was left; ")
    assert problem in row["problem"]
    assert np.isnan(row["psnr"])


def test_without_clean_pictures_there_is_no_quality() -> None:
    records = Records(None)
    records.add(outcome())
    assert list(records.table()) == "file is_clean height width sigma problem".split()


def test_a_picture_that_could_not_be_read_has_no_size_and_no_place_on_the_sheet() -> (
    None
):
    records = Records(None)
    records.add(PictureOutcome(name="x.png", is_clean=False, sigma=0.0, problem="cut"))
    assert records.table()["height"].isna().all()
    assert records.sheet() is None


def test_pixels_are_let_go_and_the_sheet_takes_the_first_pictures() -> None:
    records = Records(None)
    for n in range(MAX_ROWS + 3):
        records.add(outcome(f"{n}.png"))
    assert all(not each.before and not each.after for each in records.outcomes)
    assert len(records._pairs) == MAX_ROWS
    assert records._pairs[0].caption == "0.png   noise 9.88"
