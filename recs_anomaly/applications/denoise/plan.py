"""What there is to clean, and where results go: never over what they are made of."""

from pathlib import Path
from typing import NamedTuple

from recs_anomaly.applications.denoise.pictures import FORMATS, is_picture
from recs_anomaly.exceptions import InputError


class Task(NamedTuple):
    """A picture to clean, where it goes, and what it is called in reports.

    Attributes
    ----------
    source, target : Path
    name : str
    """

    source: Path
    target: Path
    name: str


class Plan(NamedTuple):
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


def plan_cleaning(source: Path, target: Path) -> Plan:
    """List what there is to do for a file or a folder, and where results go.

    Parameters
    ----------
    source, target : Path
        Two files, a file and a folder, or two folders.

    Returns
    -------
    plan : Plan

    Raises
    ------
    InputError
        If there are no pictures, or a result would take the place of a picture that
        it is made of.
    """
    if source.is_dir():
        plan = _plan_of_folder(source, target)
    else:
        plan = Plan([_task_of_file(source, target)], [])
    sources = {task.source.resolve() for task in plan.tasks}
    for task in plan.tasks:
        if task.target.resolve() in sources:
            raise InputError(
                f"OUTPUT must not overwrite what is read; {task.target} is one of the "
                "pictures to clean."
            )
    return plan


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


def _plan_of_folder(source: Path, target: Path) -> Plan:
    if target.exists() and not target.is_dir():
        raise InputError(
            f"OUTPUT must be a folder where INPUT is one; got {str(target)!r}."
        )
    apart = target.resolve()
    if apart == source.resolve():
        raise InputError("OUTPUT must be another folder than INPUT; got the same.")
    paths = sorted(
        path
        for path in source.rglob("*")
        if not path.is_dir() and apart not in path.resolve().parents
    )
    names = {path: path.relative_to(source).as_posix() for path in paths}
    tasks = [
        Task(path, target / name, name)
        for path, name in names.items()
        if is_picture(path)
    ]
    if not tasks:
        raise InputError(
            f"INPUT must hold pictures ({', '.join(FORMATS)}); {source} has none."
        )
    return Plan(tasks, [name for path, name in names.items() if not is_picture(path)])
