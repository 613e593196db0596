"""A PostgreSQL server of the operating system's, for the time of some tests."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "not to be told"
USER = "ada"
NOT_INSTALLED = "PostgreSQL is not installed: apt-get install postgresql"


def programs() -> Path | None:
    """Folder of initdb and pg_ctl, which Debian keeps off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@contextmanager
def running() -> Iterator[str]:
    """Start a server that takes a password; give host and port."""
    # Not in pytest's folders, which are closed to all but who runs it.
    with tempfile.TemporaryDirectory() as folder:
        yield from _started(Path(folder))


def _started(folder: Path) -> Iterator[str]:
    home = programs()
    assert home is not None, NOT_INSTALLED
    data, secret = folder / "data", folder / "secret"
    secret.write_text(PASSWORD)
    as_user = {}
    if os.geteuid() == 0:  # whom PostgreSQL refuses to serve
        shutil.chown(secret, "nobody")
        shutil.chown(folder, "nobody")
        as_user = {"user": "nobody"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def run(program: str, *words: str) -> None:
        command = [home / program, "-D", data, *words]
        subprocess.run(
            command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user
        )

    login = ("-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}")
    run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C", *login)
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
