"""``recs-anomaly denoise``: folders of pictures in, folders of clean ones out."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from click.testing import Result
from PIL import Image
from sklearn.datasets import load_sample_images

from recs_anomaly import ImageDenoiser
from recs_anomaly.datasets import make_noise
from tests.datasets.object_store import SECRET, object_store

Run = Callable[..., Result]
PHOTO = load_sample_images().images[1][120:180, 200:290]
NOISY = make_noise("gaussian", PHOTO, 20.0, random_state=0)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two pictures, one of them in a folder below, a damaged one, and a text."""
    folder = tmp_path / "scans"
    (folder / "more").mkdir(parents=True)
    Image.fromarray(NOISY).save(folder / "a.png")
    Image.fromarray(NOISY[..., 1]).save(folder / "more" / "b.PNG")
    content = (folder / "a.png").read_bytes()
    (folder / "cut.png").write_bytes(content[: len(content) // 2])
    (folder / "notes.txt").write_text("none")
    return folder


def test_a_folder(run: Run, scans: Path) -> None:
    before = {path: path.read_bytes() for path in scans.rglob("*.*")}
    clean, report = scans.parent / "clean", scans.parent / "report.csv"
    sheet = scans.parent / "sheet.png"
    found = run("denoise", scans, clean, "--report", report, "--compare", sheet)
    assert found.exit_code == 1  # for the damaged one
    assert found.stdout == "Cleaned 2 pictures.\n"
    assert "cut.png: it is damaged or no picture" in found.stderr
    assert "Skipped, no pictures: 1 file\n  notes.txt" in found.stderr
    names = {p.relative_to(clean).as_posix() for p in clean.rglob("*.*")}
    assert names == {"a.png", "more/b.PNG"}
    assert {path: path.read_bytes() for path in scans.rglob("*.*")} == before
    expected = ImageDenoiser.from_pretrained().predict(NOISY)
    assert (np.asarray(Image.open(clean / "a.png")) == expected).all()
    table = pd.read_csv(report, index_col="file")
    assert table["sigma"]["a.png"] == pytest.approx(20, rel=0.2)
    assert table["is_clean"].tolist() == [True, False, True]
    assert "psnr" not in table
    with Image.open(sheet) as opened:
        assert opened.width > 2 * PHOTO.shape[1]
        assert len(np.unique(np.asarray(opened))) > 100


@pytest.mark.slow
def test_side_by_side_the_same_comes_out_in_the_same_order(
    run: Run, scans: Path
) -> None:
    found = [
        run("denoise", scans, scans.parent / f"clean {jobs}", "--json", "--jobs", jobs)
        for jobs in (1, 2)
    ]
    one, two = (json.loads(each.stdout)["pictures"] for each in found)
    assert [each["file"] for each in two] == ["a.png", "cut.png", "more/b.PNG"]
    for first, second in zip(one, two, strict=True):
        assert {**first, "output": ""} == {**second, "output": ""}
    for name in ("a.png", "more/b.PNG"):
        contents = [(scans.parent / f"clean {n}" / name).read_bytes() for n in (1, 2)]
        assert contents[0] == contents[1]


def test_it_goes_on_where_it_was_stopped(run: Run, scans: Path) -> None:
    (scans / "cut.png").unlink()
    clean = scans.parent / "clean"
    assert run("denoise", scans, clean).exit_code == 0
    (clean / "a.png").unlink()
    kept = (clean / "more" / "b.PNG").stat().st_mtime_ns
    again = run("denoise", scans, clean)
    assert again.stdout == (
        "Cleaned 1 picture; 1 was clean already (--again does all).\n"
    )
    assert (clean / "more" / "b.PNG").stat().st_mtime_ns == kept
    os.utime(scans / "a.png", (4e9, 4e9))  # changed since
    assert run("denoise", scans, clean).stdout.startswith("Cleaned 1 picture; 1 was")
    assert run("denoise", scans, clean, "--again").stdout == "Cleaned 2 pictures.\n"


def test_quality_beside_clean_pictures(run: Run, scans: Path, tmp_path: Path) -> None:
    originals, report = tmp_path / "originals", tmp_path / "report.csv"
    originals.mkdir()
    Image.fromarray(PHOTO).save(originals / "a.png")
    words = ("denoise", scans, tmp_path / "clean", "--sigma", "20", "--report", report)
    run(*words, "--clean", originals)
    table = pd.read_csv(report, index_col="file")
    cleaned = np.asarray(Image.open(tmp_path / "clean" / "a.png")).astype(float)
    error = np.mean((cleaned - PHOTO) ** 2)
    assert table["psnr"]["a.png"] == pytest.approx(10 * np.log10(255**2 / error))
    assert table["psnr"]["a.png"] > table["psnr_before"]["a.png"] + 5
    assert table["ssim"]["a.png"] > table["ssim_before"]["a.png"] + 0.2
    assert table["sigma"]["a.png"] == pytest.approx(20)
    assert "no clean picture of this name" in table["problem"]["more/b.PNG"]


def test_what_became_of_each_picture_for_programs(
    run: Run, scans: Path, tmp_path: Path
) -> None:
    originals = tmp_path / "originals"
    originals.mkdir()
    Image.fromarray(PHOTO).save(originals / "a.png")
    clean = tmp_path / "clean"
    found = run("denoise", scans, clean, "--clean", originals, "--json")
    assert found.exit_code == 1
    assert "cut.png: it is damaged" in found.stderr
    told = json.loads(found.stdout)
    assert (told["n_clean"], told["n_failed"]) == (2, 1)
    assert told["others"] == ["notes.txt"]
    assert told["report"] is told["sheet"] is None
    good, cut, other = told["pictures"]
    assert (good["file"], good["output"]) == ("a.png", str(clean / "a.png"))
    assert (good["height"], good["width"]) == PHOTO.shape[:2]
    assert good["sigma"] == pytest.approx(20, rel=0.2)
    assert good["psnr"] > good["psnr_before"] + 5
    assert (good["is_clean"], good["was_there"], good["is_same"]) == (
        True,
        False,
        False,
    )
    assert (cut["file"], cut["output"], cut["is_clean"]) == ("cut.png", None, False)
    assert (cut["sigma"], cut["width"]) == (None, None)
    assert "damaged" in cut["problem"]
    assert other["psnr"] is None
    words = ("--report", tmp_path / "r.csv", "--compare", tmp_path / "s.png", "--json")
    told = json.loads(run("denoise", scans, clean, *words).stdout)
    assert told["report"] == str(tmp_path / "r.csv")
    assert told["sheet"] == str(tmp_path / "s.png")
    assert [each["was_there"] for each in told["pictures"]] == [True, False, True]
    assert "psnr" not in told["pictures"][0]


def test_a_file(run: Run, scans: Path) -> None:
    target = scans.parent / "one.png"
    for _ in range(2):
        found = run("denoise", scans / "a.png", target)
        assert found.stdout == "Cleaned 1 picture.\n"
    assert target.is_file()
    assert run("denoise", scans / "a.png", scans.parent).exit_code == 0
    assert (scans.parent / "a.png").read_bytes() == target.read_bytes()


def test_adapting(run: Run, scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def fit(self: ImageDenoiser, X: list[np.ndarray]) -> ImageDenoiser:
        seen.extend(image.shape for image in X)
        self.__dict__.update(ImageDenoiser.from_pretrained().__dict__)
        return self

    monkeypatch.setattr(ImageDenoiser, "fit", fit)
    found = run("denoise", scans, scans.parent / "clean", "--adapt")
    assert "Adapted to 2 pictures." in found.stderr
    assert seen == [PHOTO.shape, PHOTO.shape[:2]]


@pytest.mark.parametrize("name", ["stack.tif", "stack.npy"])
def test_a_stack(run: Run, tmp_path: Path, name: str) -> None:
    noisy = [
        make_noise("gaussian", PHOTO[..., 1], 20.0, random_state=i) for i in range(4)
    ]
    stack = np.stack(noisy)
    source, target = tmp_path / name, tmp_path / f"clean_{name}"
    if source.suffix == ".npy":
        np.save(source, stack)
    else:
        tifffile.imwrite(source, stack, photometric="minisblack")
    found = run("denoise", source, target, "--stack", "pages")
    assert found.exit_code == 0
    pages = np.load(target) if source.suffix == ".npy" else tifffile.imread(target)
    expected = ImageDenoiser.from_pretrained(stack_axis=0).predict(stack)
    np.testing.assert_array_equal(pages, expected)
    refused = run("denoise", source, tmp_path / f"z_{name}", "--stack", "z")
    assert refused.exit_code == 1
    assert "it names no axis Z of its pages" in refused.stderr


def test_channels_that_are_no_colours(run: Run, tmp_path: Path) -> None:
    Image.fromarray(NOISY).save(tmp_path / "cells.png")
    run("denoise", tmp_path / "cells.png", tmp_path / "out.png", "--channels=separate")
    expected = ImageDenoiser.from_pretrained(channels="separate").predict(NOISY)
    found = np.asarray(Image.open(tmp_path / "out.png"))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("scans", "OUTPUT must be another folder than INPUT"),
        ("scans/a.png", "OUTPUT must be a folder where INPUT is one"),
    ],
)
def test_folders_that_are_refused(
    run: Run, scans: Path, target: str, rule: str
) -> None:
    found = run("denoise", scans, scans.parent / target)
    assert found.exit_code == 2
    assert rule in found.stderr


@pytest.mark.parametrize(
    ("source", "target", "rule"),
    [
        ("a.png", "a.png", "OUTPUT must not overwrite what is read"),
        ("a.png", "a.jpg", "OUTPUT must be of the format of INPUT, .png"),
        ("notes.txt", "b.txt", "INPUT must be a folder, or end in one of"),
    ],
)
def test_files_that_are_refused(
    run: Run, scans: Path, source: str, target: str, rule: str
) -> None:
    found = run("denoise", scans / source, scans / target)
    assert found.exit_code == 2
    assert rule in found.stderr
    assert "Traceback" not in found.stderr


def test_a_store(run: Run, scans: Path, tmp_path: Path) -> None:
    with object_store() as store:
        for path in scans.rglob("*.*"):
            store.put(f"in/{path.relative_to(scans).as_posix()}", path.read_bytes())
        found = run("denoise", store.uri("in"), store.uri("out"))
        assert found.exit_code == 1  # for the damaged one
        assert found.stdout == "Cleaned 2 pictures.\n"
        assert "cut.png: it is damaged or no picture" in found.stderr
        assert "Skipped, no pictures: 1 file\n  notes.txt" in found.stderr
        made = {k: v.content for k, v in store.objects.items() if k.startswith("out/")}
        assert sorted(made) == ["out/a.png", "out/more/b.PNG"]
        del store.objects["in/cut.png"]
        later = datetime.now(UTC) + timedelta(hours=1)
        store.put("in/a.png", store.objects["in/a.png"].content, later)
        again = run("denoise", store.uri("in"), store.uri("out"))
        assert again.stdout.startswith("Cleaned 1 picture; 1 was clean already")
        assert run("denoise", store.uri("in"), tmp_path / "here").exit_code == 0
        run("denoise", tmp_path / "here", store.uri("up"))  # which finds no noise
        one = run("denoise", store.uri("in/a.png"), tmp_path / "one.png", "--json")
        assert json.loads(one.stdout)["pictures"][0]["file"] == "a.png"
        same = run("denoise", store.uri("in"), store.uri("in"))
        assert same.exit_code == 2
        assert "OUTPUT must not overwrite what is read" in same.stderr
    folder = tmp_path / "here"
    for name in ("a.png", "more/b.PNG"):
        assert (folder / name).read_bytes() == made[f"out/{name}"]
        assert f"up/{name}" in store.objects
    assert (tmp_path / "one.png").read_bytes() == made["out/a.png"]
    assert SECRET not in found.stdout + found.stderr + one.stdout + same.stderr


def test_links_to_what_is_read_are_not_followed(run: Run, scans: Path) -> None:
    clean = scans.parent / "clean"
    clean.mkdir()
    (clean / "a.png").symlink_to(scans / "a.png")
    found = run("denoise", scans, clean)
    assert found.exit_code == 2
    assert "must not overwrite what is read" in found.stderr


def test_results_inside_the_input_are_no_input(run: Run, scans: Path) -> None:
    for _ in range(2):
        run("denoise", scans, scans / "clean")
    assert not (scans / "clean" / "clean").exists()


def test_reports_that_are_refused(run: Run, scans: Path) -> None:
    clean = scans.parent / "clean"
    found = run("denoise", scans, clean, "--compare", scans / "a.png")
    assert found.exit_code == 2
    assert "must be no picture of INPUT, OUTPUT or --clean" in found.stderr
    found = run("denoise", scans, clean, "--clean", scans)
    assert "clean is for the report; give --report or --json too" in found.stderr
    one = scans.parent / "one.png"
    found = run("denoise", scans, clean, "--compare", one, "--report", one)
    assert "each result a file of its own" in found.stderr


def test_clean_pictures_are_not_overwritten(run: Run, scans: Path) -> None:
    clean, report = scans.parent / "clean", scans.parent / "report.csv"
    clean.mkdir()
    Image.fromarray(PHOTO).save(clean / "a.png")
    words = ("--clean", clean, "--report", report)
    found = run("denoise", scans, clean, *words)
    assert found.exit_code == 2
    assert "OUTPUT must be another folder than that of --clean" in found.stderr
    found = run("denoise", scans, scans.parent, *words, "--compare", clean / "a.png")
    assert found.exit_code == 2
    assert (np.asarray(Image.open(clean / "a.png")) == PHOTO).all()


def test_what_is_not_cleaned_comes_back_to_the_byte(
    run: Run, scans: Path, tmp_path: Path
) -> None:
    """Compressing a JPEG file again would change it; that is told apart from noise."""
    files = tmp_path / "files"
    files.mkdir()
    Image.fromarray(PHOTO).save(files / "good.jpg", quality=90)
    Image.fromarray(NOISY).save(files / "noisy.jpg", quality=50)
    for _ in range(2):
        found = run("denoise", files, tmp_path / "clean")
        assert "no noise was found in 1.\n" in found.stdout
        assert "Noise was left" not in found.stderr
    is_same = {
        path.name: (tmp_path / "clean" / path.name).read_bytes() == path.read_bytes()
        for path in files.iterdir()
    }
    assert is_same == {"good.jpg": True, "noisy.jpg": False}


def test_links_and_pipes_are_told_of(run: Run, scans: Path) -> None:
    (scans / "gone.png").symlink_to(scans / "nowhere.png")
    os.mkfifo(scans / "pipe.png")
    os.mkfifo(scans / "pipe")
    found = run("denoise", scans, scans.parent / "clean")
    assert "gone.png: No such file" in found.stderr
    assert "pipe.png: it is no file that can be read more than once" in found.stderr
    assert "Skipped, no pictures: 2 files\n  notes.txt\n  pipe" in found.stderr


def test_an_empty_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = run("denoise", tmp_path / "empty", tmp_path / "clean")
    assert found.exit_code == 2
    assert "INPUT must hold pictures" in found.stderr
