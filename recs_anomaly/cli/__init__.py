"""The command ``recs-anomaly``: every public module of this folder is one sub-command.

A command module holds a click command of its own name and imports what is heavy
inside its functions, so that ``--help`` answers at once.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click

from recs_anomaly.exceptions import RecsAnomalyError
from recs_anomaly.extras import told_of_extras
from recs_anomaly.text import printable

_MANUAL = """Recommend items, find anomalies in time series, denoise images.

Results go to standard output or to the file of -o, messages to standard error.
Models are files without code; they answer without loading Keras.

\b
What to type first:
  recs-anomaly demo                  the three jobs on sample data
  recs-anomaly anomaly report pump.csv -o pump.html
  recs-anomaly recommend train ratings.csv -o films.recs
  recs-anomaly recommend user films.recs 196
  recs-anomaly denoise scans/ clean/
  recs-anomaly COMMAND --help        options, and an example

\b
Exit codes:
  0  done
  1  done, but a check failed, or a file could not be read
  2  a mistake, told in one line; nothing is left half written

\b
Environment:
  RECS_ANOMALY_DATA  folder of data sets [default: in the platform's cache]
  KERAS_BACKEND      tensorflow or jax [default: tensorflow]
  NO_COLOR           set it for output without colours

\b
Completion by the Tab key, in ~/.bashrc (zsh_source and fish_source for others):
  eval "$(_RECS_ANOMALY_COMPLETE=bash_source recs-anomaly)"
"""


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
            with told_of_extras():
                return super().invoke(ctx)
        except click.NoSuchOption as error:
            raise click.UsageError(
                f"{error.format_message()} What begins with a hyphen and is no option, "
                "such as an id, goes behind --.",
                error.ctx,
            ) from error
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


@click.command(cls=_CommandFolder, help=_MANUAL)
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
