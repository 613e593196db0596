"""What may be chosen about a service."""

from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 2**20
SEVERAL = "PROMETHEUS_MULTIPROC_DIR"  # set where several processes count together


@dataclass(frozen=True)
class Limits:
    """What one request, and all of them together, may take.

    Attributes
    ----------
    body_bytes : int, default=16777216
        Of a request; a longer one is answered with 413.
    held_bytes : int, default=268435456
        Of the bodies that are held at the same time; beyond it 503.
    pixels : int, default=50000000
        Of a picture, all its pages together, counted before it is decoded.
    seconds : float, default=30.0
        For an answer, from the end of its request; then 503.
    body_seconds : float, default=20.0
        For the head of a request, and again for its body; then 408.
    running : int, default=256
        Requests that are answered at the same time; beyond it 503.
    of_one_client : int, default=64
        The same, from one address; beyond it 429.
    connections : int, default=2000
        Beyond it the next one is answered with 503 and closed.
    listeners : int, default=200
        Who listen to alerts at the same time; beyond it 503.
    """

    body_bytes: int = 16 * MEGABYTE
    held_bytes: int = 256 * MEGABYTE
    pixels: int = 50_000_000
    seconds: float = 30.0
    body_seconds: float = 20.0
    running: int = 256
    of_one_client: int = 64
    connections: int = 2_000
    listeners: int = 200


@dataclass(frozen=True)
class ServiceSettings:
    """Which models are served, to whom, and how.

    Attributes
    ----------
    models : tuple of Path
        Model files. A file ``films@2.recs`` is the version 2 of the model films.
    limits : Limits
    denoiser : bool, default=False
        Whether the pretrained denoiser is served, as the model denoiser.
    host : str, default="127.0.0.1"
        Address to listen on.
    port : int, default=8000
        0 for any that is free.
    workers : int, default=1
        Processes. Live series are kept by one: they need a single worker.
    state : Path or None, default=None
        Folder in which live series are kept while nobody asks for them, and from one
        run to the next.
    n_live : int, default=1000
        Live series that are held in memory; the others lie in the folder of states.
    token : str, default=""
        What requests must show as ``Authorization: Bearer TOKEN``; empty for nothing.
    origins : tuple of str, default=()
        Sites whose pages may ask, beside our own.
    save_seconds : float, default=5.0
        Between two times that live series are written.
    watch_seconds : float, default=2.0
        Between two looks at the model files; 0 for none but on SIGHUP.
    """

    models: tuple[Path, ...]
    limits: Limits
    denoiser: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    state: Path | None = None
    n_live: int = 1_000
    token: str = ""
    origins: tuple[str, ...] = ()
    save_seconds: float = 5.0
    watch_seconds: float = 2.0
