"""``recs-anomaly serve``: models as a web service."""

from importlib.util import find_spec
from pathlib import Path

import click

from recs_anomaly.exceptions import InputError

_EXAMPLE = """\b
Example:
  recs-anomaly serve films.recs pump.recs --denoiser
  curl http://127.0.0.1:8000/v1/recommenders/films/users/196/recommendations
"""
_MEGABYTE = 2**20
_NEEDED = ("fastapi", "uvicorn", "httptools", "websockets", "prometheus_client")
_EXTRA = "install it with pip install 'recs-anomaly[serve]'"


@click.command(
    short_help="Answer over HTTP: lists, alerts, clean pictures.", epilog=_EXAMPLE
)
@click.argument("models", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--denoiser", is_flag=True, help="Serve the shipped denoiser too.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 for all.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8_000,
    show_default=True,
    help="Port to listen on; 0 for any that is free.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes. Live series need a single one.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep live series in this folder. [default: forgotten at the end]",
)
@click.option(
    "--max-live",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="Live series in memory; the others wait on the disk.",
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File whose first line requests must show as a bearer token.",
)
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="URL",
    help="Site whose pages may ask, such as https://example.org; may be given again.",
)
@click.option(
    "--watch",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two looks at the model files; 0: only on SIGHUP.",
)
@click.option(
    "--max-body",
    type=click.FloatRange(min=0.001),
    default=16.0,
    show_default=True,
    metavar="MB",
    help="Longest body of a request.",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0.01),
    default=30.0,
    show_default=True,
    help="Longest time to answer.",
)
@click.option(
    "--max-running",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="Requests at the same time.",
)
def serve(  # noqa: PLR0913 - an option of the command line each
    models: tuple[Path, ...],
    denoiser: bool,
    host: str,
    port: int,
    workers: int,
    state: Path | None,
    max_live: int,
    token_file: Path | None,
    allow_origin: tuple[str, ...],
    watch: float,
    max_body: float,
    max_seconds: float,
    max_running: int,
) -> None:
    """Answer requests over HTTP with the models in the files MODELS, until Ctrl-C.

    A file films.recs is the model films; films@2.recs is its version 2. A file that
    changes is loaded beside the old one, checked, and takes its place. A page to try it
    on is at the address itself, what may be asked at /openapi.json.
    """
    _refuse_without_extra()
    from recs_anomaly.service.server import serve as run
    from recs_anomaly.service.settings import Limits, ServiceSettings

    limits = Limits(
        body_bytes=int(max_body * _MEGABYTE), seconds=max_seconds, running=max_running
    )
    settings = ServiceSettings(
        models=models,
        denoiser=denoiser,
        host=host,
        port=port,
        workers=workers,
        state=state,
        n_live=max_live,
        token="" if token_file is None else _token(token_file),
        origins=allow_origin,
        watch_seconds=watch,
        limits=limits,
    )
    run(settings, lambda sentence: click.echo(sentence, err=True))


def _refuse_without_extra() -> None:
    for name in _NEEDED:
        if find_spec(name) is None:
            raise InputError(f"serve needs {name}; {_EXTRA}.")


def _token(path: Path) -> str:
    """Read the token, which is told to nobody."""
    token = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    if not token or not token.isascii():
        raise InputError(f"{path} must hold a token in its first line.")
    return token
