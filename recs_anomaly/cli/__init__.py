"""The command ``recs-anomaly``: every public module of this folder is one sub-command.

A command module holds a click command of its own name and imports what is heavy
inside its functions, so that ``--help`` answers at once.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click

from recs_anomaly.exceptions import RecsAnomalyError
from recs_anomaly.text import printable


class _UserMistake(click.ClickException):
    """One line on stderr and exit code 2, without the usage text."""

    exit_code = 2


class _CommandFolder(click.Group):
    """Group whose sub-commands are the modules beside this one, loaded when asked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(
            module.name
            for module in iter_modules(__path__)
            if not module.name.startswith("_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(
            import_module(f"{__name__}.{cmd_name}"), cmd_name
        )
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click ends quietly when the reader of our output has gone
        except (RecsAnomalyError, OSError) as error:
            raise _UserMistake(_one_line(error)) from error


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return printable(f"{error.filename}: {error.strerror}")
    return printable(" ".join(str(error).split()))


def _print_versions(ctx: click.Context, param: click.Parameter, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    from recs_anomaly.cli._versions import versions

    for name, version in versions().items():
        click.echo(f"{name} {version}")
    ctx.exit()


@click.command(cls=_CommandFolder)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_versions,
    help="Show the versions that a bug report needs, and exit.",
)
def main() -> None:
    """Recommend items, find anomalies in time series, denoise images."""
