"""A file is the old one or the new one: nothing between, nothing left over."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sklearn.preprocessing import MaxAbsScaler

from recs_anomaly import load, save
from recs_anomaly import replacing as module
from recs_anomaly.exceptions import InputError
from recs_anomaly.replacing import replacing
from tests.persistence.toy import fitted_toy

NOBODY = 65534


@pytest.fixture(params=["nameless", "named"])
def _draft(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to hold what is not yet complete, Linux' own and everybody's."""
    if request.param == "named":
        monkeypatch.setattr(module, "_nameless", lambda folder: None)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("files without a name are Linux' own")


both_drafts = pytest.mark.usefixtures("_draft")


def write(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def write_half(path: Path, error: type[BaseException]) -> None:
    with replacing(path) as file:
        file.write(b"half")
        raise error


@both_drafts
def test_a_new_file_and_a_new_version_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (b"old", b"newer"):
        write(path, content)
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]


@both_drafts
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_is_raised_leaves_the_old_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(error):
        write_half(path, error)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@both_drafts
def test_nothing_is_there_before_the_file_is_complete(tmp_path: Path) -> None:
    with replacing(tmp_path / "a") as file:
        file.write(b"all")
        file.flush()
        assert not (tmp_path / "a").exists()


def test_a_nameless_draft_is_in_no_folder(tmp_path: Path) -> None:
    with replacing(tmp_path / "a"):
        is_nameless = not list(tmp_path.iterdir())
    assert is_nameless == hasattr(os, "O_TMPFILE")


@both_drafts
def test_permission_bits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    for mode in (0o640, 0o777, 0o600):
        path.chmod(mode)
        write(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == mode


@both_drafts
def test_a_new_file_gets_the_bits_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write(tmp_path / "a", b"new")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


@both_drafts
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    path, link = tmp_path / "folder" / "a", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    write(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_only_files_are_replaced(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/null") if kind == "device" else tmp_path / "a"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InputError, match=r"path must be that of a file; .* is somethi"):
        write(path, b"")


@both_drafts
def test_a_missing_folder_is_named_by_the_path_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a"
    with pytest.raises(FileNotFoundError) as caught:
        write(path, b"")
    assert caught.value.filename == str(path)


@pytest.fixture
def as_ordinary_user() -> Iterator[Path]:
    """Folder outside pytest's own, which only its owner may enter; root steps down."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, NOBODY, -1)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_a_read_only_folder(as_ordinary_user: Path) -> None:
    path = as_ordinary_user / "toy.recs"
    save(fitted_toy(note="old"), path)
    as_ordinary_user.chmod(0o555)
    with pytest.raises(PermissionError) as caught:
        save(fitted_toy(note="new"), path)
    assert caught.value.filename == str(path)
    assert load(path).note == "old"
    as_ordinary_user.chmod(0o755)
    assert list(as_ordinary_user.iterdir()) == [path]


def test_a_write_protected_file(as_ordinary_user: Path) -> None:
    path = as_ordinary_user / "toy.recs"
    save(fitted_toy(note="old"), path)
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        save(fitted_toy(note="new"), path)
    assert load(path).note == "old"


SAVE_LARGE = """
import sys
from pathlib import Path
import numpy as np
from sklearn.preprocessing import StandardScaler
from recs_anomaly import load, save

def scaler(n):
    return StandardScaler().fit(np.arange(2.0 * n).reshape(2, n))

path = Path(sys.argv[1], "scaler.recs")
save(scaler(3), path)
{limit}
try:
    save(scaler(100_000), path)
except OSError as error:
    print(error.errno, error.filename == str(path))
print(load(path).n_features_in_, [each.name for each in path.parent.iterdir()])
"""


def test_a_file_size_limit(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits are a matter of Unix")
    del resource
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9**6, 9**6))"
    finished = subprocess.run(
        [sys.executable, "-c", SAVE_LARGE.format(limit=limit), tmp_path],
        capture_output=True,
        check=True,
        text=True,
    )
    assert finished.stdout == "27 True\n3 ['scaler.recs']\n"  # 27: file too large


IN_A_SMALL_FILE_SYSTEM = [
    *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c"),
    'mount -t tmpfs -o size=1m none "$0" && exec "$@"',
]


def test_a_full_disk(tmp_path: Path) -> None:
    start = [*IN_A_SMALL_FILE_SYSTEM, str(tmp_path)]
    try:
        subprocess.run([*start, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs Linux, and the right to mount in a name space of one's own")
    finished = subprocess.run(
        [*start, sys.executable, "-c", SAVE_LARGE.format(limit=""), tmp_path],
        capture_output=True,
        check=True,
        text=True,
    )
    assert finished.stdout == "28 True\n3 ['scaler.recs']\n"  # 28: no space left


def test_threads_that_save_to_one_path(tmp_path: Path) -> None:
    path = tmp_path / "toy.recs"
    toys = [fitted_toy(note=note) for note in range(8)]

    def save_and_load(toy: object) -> int:
        for _ in range(5):
            save(toy, path)
            note: int = load(path).note
        return note

    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(save_and_load, toys))
    assert seen <= set(range(8))
    assert list(tmp_path.iterdir()) == [path]


# Two processes, of which one is a fork of the other, wait until both are ready.
SAVE_OFTEN = """
import os, sys
from sklearn.preprocessing import MaxAbsScaler
from recs_anomaly import load, save

scalers = [MaxAbsScaler().fit([[number] * 1000]) for number in (1, 2)]
(hear_child, tell_parent), (hear_parent, tell_child) = os.pipe(), os.pipe()
child = os.fork()
hear, tell = (hear_child, tell_child) if child else (hear_parent, tell_parent)
os.write(tell, b".")
os.read(hear, 1)
for _ in range(50):
    save(scalers[child == 0], sys.argv[1])
    assert set(load(sys.argv[1]).scale_) in ({1.0}, {2.0})
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_processes_that_save_to_one_path(tmp_path: Path) -> None:
    path = tmp_path / "scaler.recs"
    subprocess.run([sys.executable, "-c", SAVE_OFTEN, path], check=True)
    assert list(tmp_path.iterdir()) == [path]
    scaler: MaxAbsScaler = load(path)
    assert scaler.scale_[0] in (1.0, 2.0)
