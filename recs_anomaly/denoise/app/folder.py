"""Cleaning a folder of pictures: one by one, into files that are whole or not there."""

import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from recs_anomaly.datasets.sources import Query, Source
from recs_anomaly.datasets.store_files import StoreFile, store_files
from recs_anomaly.denoise.app.pictures import (
    FORMATS,
    Picture,
    Pixels,
    is_picture,
    read_picture,
)
from recs_anomaly.denoise.denoiser import ImageDenoiser
from recs_anomaly.engine.jobs import side_by_side
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.image import psnr, structural_similarity

AT_ONCE = 16  # pictures that may wait for an earlier one, with their pixels
MAX_PIXELS = 30_000_000  # that adapting reads, from as many pictures as it takes
NO_PICTURES = f"INPUT must hold pictures ({', '.join(FORMATS)}); {{source}} has none."
Write = Callable[[Path, bytes], None]


class PictureOutcome(NamedTuple):
    """What became of one picture.

    Attributes
    ----------
    name : str
    before, after : sequence of ndarray, default=()
        Pages, upright, where they are to be compared; none of a picture that could not
        be cleaned.
    size : tuple of (int, int) or None, default=None
        Height and width of the first page, upright.
    sigma : float, default=nan
        Noise in the picture's own range, the largest of its pages.
    was_there : bool, default=False
        Whether an earlier run had cleaned it.
    problem : str, default=""
        Why it could not be cleaned, or what was left in it.
    is_clean : bool, default=False
        Whether there is a clean file now.
    is_same : bool, default=False
        Whether the clean file holds what the picture held, no noise being found.
    """

    name: str
    before: Sequence[Pixels] = ()
    after: Sequence[Pixels] = ()
    size: tuple[int, int] | None = None
    sigma: float = float("nan")
    was_there: bool = False
    problem: str = ""
    is_clean: bool = False
    is_same: bool = False

    def without_pixels(self) -> "PictureOutcome":
        """Keep what needs no memory."""
        return self._replace(before=(), after=())


class PictureQuality(NamedTuple):
    """How near a picture is to the clean one.

    Attributes
    ----------
    psnr : float
        In decibels.
    ssim : float
        Structural similarity, at most 1.
    """

    psnr: float
    ssim: float


class Task(NamedTuple):
    """A picture to clean, where it goes, and what it is called in reports.

    Attributes
    ----------
    source, target : Path or StoreFile
    name : str
    along : str or None, default=None
        What the pages are a stack along: "pages", or the letter of an axis.
    """

    source: Path | StoreFile
    target: Path | StoreFile
    name: str
    along: str | None = None

    def images(self, picture: Picture) -> list[Pixels]:
        """Return what the denoiser is given: pages or stacks.

        Parameters
        ----------
        picture : Picture

        Returns
        -------
        images : list of ndarray
        """
        return picture.pages if self.along is None else picture.stacks(self.along)


def adapt(denoiser: ImageDenoiser, tasks: list[Task]) -> int:
    """Fit the denoiser to the pictures themselves.

    Parameters
    ----------
    denoiser : ImageDenoiser
    tasks : list of Task

    Returns
    -------
    n_pictures : int
        How many of the pictures it took, the first that can be read.

    Raises
    ------
    InputError
        If none can be read.
    """
    images: list[Pixels] = []
    n_pixels = 0
    n_pictures = 0
    for task in tasks:
        try:
            with _copied(task.source) as source:
                found = task.images(read_picture(source))
        except (InputError, OSError):
            continue  # cleaning will tell
        images += found
        n_pictures += 1
        n_pixels += sum(image.size for image in found)
        if n_pixels >= MAX_PIXELS:
            break
    if not images:
        raise InputError("INPUT must hold a picture that can be read, to adapt to.")
    denoiser.fit(images)
    return n_pictures


def clean_all(
    denoiser: ImageDenoiser,
    tasks: list[Task],
    write: Write,
    is_new_run: bool,
    are_compared: bool = False,
) -> Iterator[PictureOutcome]:
    """Clean pictures; say what became of each, in their order, once it is written.

    Unless it is a new run, pictures whose results are there and no older than they
    are left alone. A picture that cannot be read or written stops nothing, and neither
    does one whose process dies. Side by side, on the engine that joblib is set to.

    Parameters
    ----------
    denoiser : ImageDenoiser
    tasks : list of Task
    write : callable
        Takes a path and the bytes of a file to write there, whole or not at all.
    is_new_run : bool
    are_compared : bool, default=False
        Whether outcomes hold the pixels; large pictures take much memory by that.

    Yields
    ------
    outcome : PictureOutcome
    """
    spelled = pickle.dumps(denoiser)
    for first in range(0, len(tasks), AT_ONCE):
        batch = tasks[first : first + AT_ONCE]
        calls = [(spelled, task, write, is_new_run, are_compared) for task in batch]
        waiting: dict[int, PictureOutcome] = {}
        done = 0
        for place, outcome, failure in side_by_side(clean_one, calls, None):
            lost = PictureOutcome(batch[place].name, problem=failure or "")
            waiting[place] = outcome or lost
            while done in waiting:
                yield waiting.pop(done)
                done += 1


def clean_one(
    spelled: bytes, task: Task, write: Write, is_new_run: bool, is_compared: bool
) -> PictureOutcome:
    """Clean a picture in whatever process, and say what became of it.

    Parameters
    ----------
    spelled : bytes
        The denoiser, pickled.
    task : Task
    write : callable
        As for `clean_all`.
    is_new_run, is_compared : bool

    Returns
    -------
    outcome : PictureOutcome
    """
    try:
        denoiser = _denoiser_of(spelled)
        return _clean(denoiser, task, write, is_new_run, is_compared)
    except (InputError, OSError) as error:
        return PictureOutcome(task.name, problem=_reason(error))


@lru_cache(maxsize=1)
def _denoiser_of(spelled: bytes) -> ImageDenoiser:
    """Make a denoiser once a process: its networks are built when they first work."""
    denoiser: ImageDenoiser = pickle.loads(spelled)
    return denoiser


def _clean(
    denoiser: ImageDenoiser,
    task: Task,
    write: Write,
    is_new_run: bool,
    is_compared: bool,
) -> PictureOutcome:
    with _copied(task.source) as source, _copied(task.target) as target:
        is_there = not is_new_run and _is_up_to_date(source, target)
        outcome, content = _cleaned(
            denoiser, task, source, target if is_there else None, is_compared
        )
        if not is_there:
            target.parent.mkdir(parents=True, exist_ok=True)
            write(target, content())
        if isinstance(task.target, StoreFile) and not outcome.was_there:
            task.target.take(target.read_bytes())
    return outcome


@contextmanager
def _copied(place: Path | StoreFile) -> Iterator[Path]:
    """Give a file of this machine; what lies in a store is copied."""
    if isinstance(place, Path):
        yield place
        return
    with TemporaryDirectory() as folder:
        yield place.copy_into(Path(folder))


def _cleaned(
    denoiser: ImageDenoiser,
    task: Task,
    source: Path,
    cleaned_before: Path | None,
    is_compared: bool,
) -> tuple[PictureOutcome, Callable[[], bytes]]:
    """Clean a picture; return the outcome, and what gives the clean file.

    The picture itself is gone when the file is made: it may be large, and Pillow takes
    four bytes a pixel then.
    """
    picture = read_picture(source)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        images = task.images(picture)
        sigma = float(np.max(denoiser.estimate_sigma(images)))
        if cleaned_before is not None:
            cleaned = read_picture(cleaned_before).pages
        else:
            cleaned = denoiser.predict(images)
            if task.along is not None:
                cleaned = picture.taken_apart(cleaned, task.along)
    left = "noise that neighbouring pixels share was left as it is" if caught else ""
    before, after = (
        [picture.upright(page) for page in pages] for pages in (picture.pages, cleaned)
    )
    is_same = _are_equal(picture.pages, cleaned)
    outcome = PictureOutcome(
        task.name,
        before if is_compared else (),
        after if is_compared else (),
        before[0].shape[:2],
        sigma,
        cleaned_before is not None,
        left,
        is_clean=True,
        is_same=is_same,
    )
    if is_same:  # no JPEG file loses by being written again
        return outcome, source.read_bytes
    return outcome, partial(picture.encoded, cleaned)


def _are_equal(pages: list[Pixels], others: list[Pixels]) -> bool:
    return all(map(np.array_equal, pages, others))


def _is_up_to_date(source: Path, target: Path) -> bool:
    return target.is_file() and target.stat().st_mtime >= source.stat().st_mtime


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return " ".join(str(error).split())


def quality_of(pages: Sequence[Pixels], clean: Sequence[Pixels]) -> PictureQuality:
    """Mean over the pages, against clean ones of the same shapes and dtype.

    Parameters
    ----------
    pages, clean : sequence of ndarray

    Returns
    -------
    quality : PictureQuality

    Raises
    ------
    InputError
        If the shapes differ.
    """
    if [page.shape for page in pages] != [page.shape for page in clean]:
        raise InputError("the clean picture must have the size of the noisy one.")
    measured = [
        PictureQuality(
            psnr(one, other, _span(other)),
            structural_similarity(one, other, _span(other)),
        )
        for one, other in zip(pages, clean, strict=True)
    ]
    return PictureQuality(*np.mean(measured, axis=0).tolist())


def _span(page: Pixels) -> float:
    """White above black: of the dtype; of floats 1 or 255, whichever they keep to."""
    if page.dtype.kind in "ui":
        return float(np.iinfo(page.dtype).max) - float(np.iinfo(page.dtype).min)
    return 1.0 if page.dtype.kind == "b" or page.max() <= 2.0 else 255.0


class CleaningPlan(NamedTuple):
    """What there is to do.

    Attributes
    ----------
    tasks : list of Task
        By name.
    others : list of str
        Files that are no pictures, by their names.
    """

    tasks: list[Task]
    others: list[str]


def plan_cleaning(
    source: Source, target: Source, along: str | None = None
) -> CleaningPlan:
    """List what there is to do for a file, a folder or a store; where results go.

    Parameters
    ----------
    source, target : Path or Query
        Two files, a file and a folder, or two folders; a store is as a folder is.
    along : str or None, default=None
        What the pages of files are stacks along, as for `Task`.

    Returns
    -------
    plan : CleaningPlan

    Raises
    ------
    InputError
        If there are no pictures, or a result would take the place of a picture that
        it is made of.
    """
    if isinstance(source, Query) or isinstance(target, Query):
        plan = _plan_with_store(source, target)
    elif source.is_dir():
        plan = _plan_of_folder(source, target)
    else:
        plan = CleaningPlan([_task_of_file(source, target)], [])
    plan = plan._replace(tasks=[task._replace(along=along) for task in plan.tasks])
    sources = {_place_of(task.source) for task in plan.tasks}
    for task in plan.tasks:
        if _place_of(task.target) in sources:
            raise InputError(
                f"OUTPUT must not overwrite what is read; {task.target} is one of the "
                "pictures to clean."
            )
    return plan


def _place_of(each: Path | StoreFile) -> Path | str:
    """Return what is the same for all names of a file."""
    return each.resolve() if isinstance(each, Path) else str(each)


def _plan_with_store(source: Source, target: Source) -> CleaningPlan:
    """Plan for pictures that come from a store, go into one, or both."""
    files: dict[str, Path | StoreFile] = {}
    if isinstance(source, Query):
        files |= {file.name: file for file in store_files(source)}
    elif source.is_dir():
        files |= _files_below(source)
    else:
        files[""] = source
    is_one = "" in files
    tasks = [
        Task(file, _below(target, name, is_one), name or str(file).rpartition("/")[2])
        for name, file in files.items()
        if file.suffix.lower() in FORMATS
    ]
    if not tasks:
        raise InputError(NO_PICTURES.format(source=source))
    taken = {task.source for task in tasks}
    return CleaningPlan(tasks, [n for n, file in files.items() if file not in taken])


def _below(place: Source, name: str, is_one: bool) -> Path | StoreFile:
    """Give the file of a name in a folder or store, or what one file goes into."""
    if isinstance(place, Query):
        return StoreFile(place, name)
    return place if is_one else place / name


def _task_of_file(source: Path, target: Path) -> Task:
    if not is_picture(source):
        raise InputError(
            f"INPUT must be a folder, or end in one of {', '.join(FORMATS)}; got "
            f"{str(source)!r}."
        )
    if target.is_dir():
        target /= source.name
    if FORMATS.get(target.suffix.lower()) != FORMATS[source.suffix.lower()]:
        raise InputError(
            f"OUTPUT must be of the format of INPUT, {source.suffix}; got "
            f"{str(target)!r}."
        )
    return Task(source, target, source.name)


def _plan_of_folder(source: Path, target: Path) -> CleaningPlan:
    if target.exists() and not target.is_dir():
        raise InputError(
            f"OUTPUT must be a folder where INPUT is one; got {str(target)!r}."
        )
    apart = target.resolve()
    if apart == source.resolve():
        raise InputError("OUTPUT must be another folder than INPUT; got the same.")
    files = {
        name: path
        for name, path in _files_below(source).items()
        if apart not in path.resolve().parents
    }
    tasks = [
        Task(path, target / name, name)
        for name, path in files.items()
        if is_picture(path)
    ]
    if not tasks:
        raise InputError(NO_PICTURES.format(source=source))
    return CleaningPlan(
        tasks, [name for name, path in files.items() if not is_picture(path)]
    )


def _files_below(folder: Path) -> dict[str, Path]:
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir())
    return {path.relative_to(folder).as_posix(): path for path in paths}
