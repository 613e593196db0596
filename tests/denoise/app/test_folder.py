"""What there is to clean and where it goes; what stays in memory meanwhile."""

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise.app import folder
from recs_anomaly.denoise.app.folder import (
    CleaningPlan,
    Task,
    clean_all,
    plan_cleaning,
)
from recs_anomaly.exceptions import InputError


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Folder with two pictures, one of them further down, and a file that is none."""
    folder = tmp_path / "my scans"
    (folder / "1998").mkdir(parents=True)
    for name in ("b.PNG", "1998/a.jpeg", "notes.txt"):
        (folder / name).touch()
    return folder


def test_a_folder_keeps_its_names_further_down(scans: Path, tmp_path: Path) -> None:
    target = tmp_path / "clean"
    assert plan_cleaning(scans, target) == CleaningPlan(
        [
            Task(scans / "1998/a.jpeg", target / "1998/a.jpeg", "1998/a.jpeg"),
            Task(scans / "b.PNG", target / "b.PNG", "b.PNG"),
        ],
        ["notes.txt"],
    )
    assert not target.exists()


def test_results_within_the_folder_are_not_read_again(scans: Path) -> None:
    inside = scans / "clean"
    inside.mkdir()
    (inside / "b.PNG").touch()
    plan = plan_cleaning(scans, inside)
    assert [task.name for task in plan.tasks] == ["1998/a.jpeg", "b.PNG"]
    assert plan.others == ["notes.txt"]


def test_a_file_goes_to_a_file_or_into_a_folder(scans: Path, tmp_path: Path) -> None:
    source = scans / "1998/a.jpeg"
    for target, place in (
        (tmp_path / "clean.jpg", tmp_path / "clean.jpg"),
        (scans, scans / "a.jpeg"),
    ):
        [task] = plan_cleaning(source, target).tasks
        assert task == Task(source, place, "a.jpeg")


@pytest.mark.parametrize(
    ("source", "target", "rule"),
    [
        ("notes.txt", "x.png", "INPUT must be a folder, or end in one of .jpeg"),
        ("b.PNG", "b.jpg", r"of the format of INPUT, .PNG; got '.*b.jpg'"),
        ("b.PNG", "b.PNG", r"must not overwrite what is read; .*b.PNG is one"),
        ("b.PNG", ".", "must not overwrite what is read"),
        (".", ".", "OUTPUT must be another folder than INPUT"),
        (".", "notes.txt", "OUTPUT must be a folder where INPUT is one"),
        ("1998/none", "x", "INPUT must hold pictures .* has none"),
    ],
)
def test_what_cannot_be(scans: Path, source: str, target: str, rule: str) -> None:
    (scans / "1998/none").mkdir()
    with pytest.raises(InputError, match=rule):
        plan_cleaning(scans / source, scans / target)


def test_a_link_to_a_picture_that_is_read_is_not_written_through(
    scans: Path, tmp_path: Path
) -> None:
    (tmp_path / "clean.png").symlink_to(scans / "b.PNG")
    with pytest.raises(InputError, match="must not overwrite what is read"):
        plan_cleaning(scans / "b.PNG", tmp_path / "clean.png")


@pytest.mark.parametrize("are_compared", [False, True])
def test_a_picture_stays_in_memory_only_to_be_compared(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rng: np.random.Generator,
    are_compared: bool,
) -> None:
    noisy = rng.normal(128, 20, (40, 50)).astype(np.uint8)
    Image.fromarray(noisy).save(tmp_path / "a.png")
    seen: list[weakref.ref[Any]] = []
    is_held = []

    def reading(path: Path) -> Any:
        picture = read(path)
        seen.append(weakref.ref(picture.pages[0]))
        return picture

    def write(path: Path, content: bytes) -> None:
        is_held.append(seen[0]() is not None)

    read = folder.read_picture
    monkeypatch.setattr(folder, "read_picture", reading)
    denoiser = ImageDenoiser.from_pretrained("gray")
    task = Task(tmp_path / "a.png", tmp_path / "b.png", "a.png")
    [outcome] = clean_all(denoiser, [task], write, True, are_compared)
    assert is_held == [are_compared]
    assert outcome.size == (40, 50)
    assert len(outcome.before) == len(outcome.after) == int(are_compared)
