"""The source tree as the gates see it: read from disk, imported only on demand."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "recs_anomaly"
# Folders of programs that use the package from outside.
PROGRAMS = [ROOT / folder for folder in ("scripts", "benchmarks", "examples")]
FAMILIES = {"anomaly", "autoencoder", "denoise", "rbm", "recommend", "sequences"}
# Files of a family that hold what a user makes: its estimators and what they hand out.
DOORS = {
    *("autoencoder", "classifier", "denoiser", "detector", "drift", "forecaster"),
    *("rbm", "recommender", "stream", "text_generator", "variational", "watch"),
}
# What programs make of a family's estimators; the estimators do without it.
APPLICATIONS = {"app", "serving", "evaluation"}


def python_files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """Turn recs_anomaly/cli/__init__.py into recs_anomaly.cli, and so on."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def public_homes(package: str) -> dict[str, str]:
    """Module of each public name of a package, as its stub states them."""
    stub = ROOT.joinpath(*package.split("."), "__init__.pyi")
    return {
        alias.name: f"{package}.{node.module}"
        for node in parsed(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def public_definitions(path: Path) -> list[str]:
    """Dotted names of the public functions, classes and methods of one module."""
    return list(_definitions(parsed(path), prefix=""))


def _definitions(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    for child in node.body:
        is_definition = isinstance(child, ast.FunctionDef | ast.ClassDef)
        if not is_definition or child.name.startswith("_") or _is_command(child):
            continue
        yield prefix + child.name
        if isinstance(child, ast.ClassDef):
            yield from _definitions(child, prefix=f"{prefix}{child.name}.")


def _is_command(node: ast.FunctionDef | ast.ClassDef) -> bool:
    calls = [item.func for item in node.decorator_list if isinstance(item, ast.Call)]
    names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    return bool(names & {"command", "group"})


def resolve(path: Path, name: str) -> object:
    """Import the module of a file and return what a dotted name in it stands for."""
    return attrgetter(name)(import_module(module_name(path)))


def commands() -> dict[str, click.Command]:
    """Every command by what one types after recs-anomaly: "" is the group itself."""
    from recs_anomaly.cli import main

    return dict(_walk(main, words=()))


def _walk(
    command: click.Command, words: tuple[str, ...]
) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _walk(below, words=(*words, name))
