"""Downloads over real connections: slow, cut off, wrong, refused, and twice at once."""

import hashlib
import io
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recs_anomaly.datasets import _downloads
from recs_anomaly.datasets._downloads import (
    DownloadError,
    data_home,
    downloaded,
    make_writable,
    published_md5,
)
from recs_anomaly.exceptions import RecsAnomalyError
from tests.datasets.http_site import DEADLINE_S, Site, serving

CONTENT = bytes(range(256)) * 2_000  # several times the size of one chunk
MD5 = hashlib.md5(CONTENT).hexdigest()
WAY_OUT = "or ask a friend"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(Site({"/a.zip": CONTENT})) as running:
        yield running


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / "a.zip.part"


def fetch(site: Site, partial: Path, md5: str = MD5) -> bytes:
    with downloaded(f"{site.url}/a.zip", partial, md5, WAY_OUT) as path:
        return path.read_bytes()


def test_the_file_is_there_for_the_block_and_gone_after_it(
    site: Site, partial: Path
) -> None:
    assert fetch(site, partial) == CONTENT
    assert list(partial.parent.iterdir()) == []


def test_a_slow_server_is_waited_for(site: Site, partial: Path) -> None:
    half_is_sent, may_go_on = threading.Event(), threading.Event()
    site.gates["/a.zip"] = (half_is_sent, may_go_on)
    came: list[bytes] = []
    thread = threading.Thread(target=lambda: came.append(fetch(site, partial)))
    thread.start()
    assert half_is_sent.wait(DEADLINE_S)
    assert came == []
    assert CONTENT.startswith(partial.read_bytes()), "a kill would leave it to continue"
    may_go_on.set()
    thread.join(DEADLINE_S)
    assert came == [CONTENT]


def test_a_download_that_broke_off_is_continued_by_the_next(
    site: Site, partial: Path
) -> None:
    site.cut_off["/a.zip"] = 300_000
    with pytest.raises(
        DownloadError,
        match=r"/a\.zip broke off; run the same again to continue, or ask a friend\.$",
    ):
        fetch(site, partial)
    left = partial.read_bytes()
    assert len(left) > 200_000
    assert CONTENT.startswith(left)
    assert fetch(site, partial) == CONTENT
    assert site.requests == [("/a.zip", 0), ("/a.zip", len(left))]
    assert list(partial.parent.iterdir()) == []


def test_a_server_that_only_sends_whole_files_starts_over(
    site: Site, partial: Path
) -> None:
    site.ranges_are_served = False
    partial.write_bytes(CONTENT[:1_000])
    assert fetch(site, partial) == CONTENT


def test_a_leftover_that_is_already_whole_asks_for_nothing(
    site: Site, partial: Path
) -> None:
    partial.write_bytes(CONTENT)
    assert fetch(site, partial) == CONTENT
    assert site.requests == []


def test_a_leftover_longer_than_the_file_is_dropped(site: Site, partial: Path) -> None:
    partial.write_bytes(CONTENT + b"more")
    with pytest.raises(DownloadError, match="answered 416"):
        fetch(site, partial)
    assert fetch(site, partial) == CONTENT


@pytest.mark.parametrize("leftover", [b"", b"of another file"])
def test_wrong_bytes_are_refused_and_not_kept(
    site: Site, partial: Path, leftover: bytes
) -> None:
    partial.write_bytes(leftover)
    site.files["/a.zip"] = CONTENT[:-1] + b"!"
    with pytest.raises(
        DownloadError,
        match=rf"checksum \w{{32}} instead of {MD5}, so nothing of it was",
    ):
        fetch(site, partial)
    assert list(partial.parent.iterdir()) == []
    site.files["/a.zip"] = CONTENT
    assert fetch(site, partial) == CONTENT


def test_a_refusal_names_the_address_and_the_answer(site: Site, partial: Path) -> None:
    del site.files["/a.zip"]
    with pytest.raises(
        DownloadError,
        match=r"/a\.zip answered 404 Not Found; try again later, or ask a friend\.$",
    ) as caught:
        fetch(site, partial)
    assert str(caught.value).startswith(site.url)
    assert isinstance(caught.value, RecsAnomalyError)
    assert list(partial.parent.iterdir()) == []


def test_no_network_is_one_sentence(
    partial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}"
        with pytest.raises(DownloadError) as caught:
            fetch(Site({}, url=url), partial)
    assert str(caught.value) == (
        f"{url}/a.zip cannot be reached; try again with a network, or ask a friend."
    )


def test_a_block_that_fails_keeps_the_file_for_the_next_try(
    site: Site, partial: Path
) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        downloaded(f"{site.url}/a.zip", partial, MD5, WAY_OUT),
    ):
        raise ZeroDivisionError
    assert partial.read_bytes() == CONTENT


def test_two_at_once_do_not_disturb_each_other(site: Site, partial: Path) -> None:
    """Both are in the middle of their download at the same time; one has a leftover."""
    partial.write_bytes(CONTENT[:200_000])
    site.meeting_points["/a.zip"] = threading.Barrier(2)
    came: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: came.append(fetch(site, partial)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert came == [CONTENT, CONTENT]
    assert sorted(site.requests) == [("/a.zip", 0), ("/a.zip", 200_000)]
    assert list(partial.parent.iterdir()) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal_only(
    site: Site, partial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        fetch(site, partial)
        assert ("a.zip: 0.5 of 0.5 MB" in stream.getvalue()) is shown
        assert ("\r\033[2Ka.zip: 0.1 of 0.5 MB" in stream.getvalue()) is shown
        assert stream.getvalue().endswith("\r\033[2K") is shown, "it is wiped"


@pytest.mark.parametrize(
    "text", [f"MD5 (a.zip) = {MD5}\n", f"{MD5.upper()}  a.zip\n", MD5]
)
def test_published_checksums_in_every_spelling(site: Site, text: str) -> None:
    site.files["/a.zip.md5"] = text.encode()
    assert published_md5(f"{site.url}/a.zip", WAY_OUT) == MD5


def test_a_missing_or_empty_checksum_is_refused(site: Site) -> None:
    with pytest.raises(DownloadError, match=r"a\.zip\.md5 answered 404"):
        published_md5(f"{site.url}/a.zip", WAY_OUT)
    site.files["/a.zip.md5"] = b"<html>soon</html>"
    with pytest.raises(DownloadError, match=r"a\.zip\.md5 holds no checksum"):
        published_md5(f"{site.url}/a.zip", WAY_OUT)


def test_the_data_home_is_the_variable_or_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(tmp_path))
    assert data_home() == tmp_path
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECS_ANOMALY_DATA", "relative")
    assert data_home() == tmp_path / "relative"
    monkeypatch.setattr(_downloads.pooch, "os_cache", lambda name: tmp_path / name)
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("RECS_ANOMALY_DATA")
        else:
            monkeypatch.setenv("RECS_ANOMALY_DATA", unset)
        assert data_home() == tmp_path / "recs_anomaly"


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        DownloadError, match=r"set RECS_ANOMALY_DATA to a folder that c"
    ):
        make_writable(tmp_path / "file" / "home")
    make_writable(tmp_path / "new" / "home")
    assert (tmp_path / "new" / "home").is_dir()
