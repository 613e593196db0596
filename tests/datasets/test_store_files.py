"""Files in an object store, over real HTTP."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from recs_anomaly.datasets import Query, read_choices
from recs_anomaly.datasets.store_files import StoreFile, store_files
from recs_anomaly.exceptions import InputError
from tests.datasets.object_store import SECRET, ObjectStore, object_store


@pytest.fixture(scope="module")
def running() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


@pytest.fixture
def store(running: ObjectStore) -> ObjectStore:
    """Empty, and willing to take anything."""
    running.objects.clear()
    running.refuses_writing = False
    return running


def test_what_is_taken_is_listed_and_copied(store: ObjectStore, tmp_path: Path) -> None:
    scans = Query(store.uri("scans"))
    contents = {"a.png": b"123", "deep/b ö.tif": bytes(range(256)) * 9_000}
    for name, content in contents.items():
        StoreFile(scans, name).take(content)
    store.put("scans2/other.png", b"")
    files = store_files(scans)
    assert [file.name for file in files] == list(contents)
    assert [file.suffix for file in files] == [".png", ".tif"]
    assert str(files[1]) == "s3://key@shop/scans/deep/b ö.tif"
    copies = [file.copy_into(tmp_path) for file in files]
    assert [copy.name for copy in copies] == ["a.png", "b ö.tif"]
    assert [copy.read_bytes() for copy in copies] == list(contents.values())


def test_a_copy_has_the_time_of_the_original(
    store: ObjectStore, tmp_path: Path
) -> None:
    when = datetime(2026, 3, 1, 12, tzinfo=UTC)
    store.put("scans/a.png", b"123", when)
    [file] = store_files(Query(store.uri("scans")))
    assert file.copy_into(tmp_path).stat().st_mtime == when.timestamp()


def test_one_file_is_listed_as_itself(store: ObjectStore, tmp_path: Path) -> None:
    store.put("scans/a.png", b"123")
    [file] = store_files(Query(store.uri("scans/a.png")))
    assert file.name == ""
    assert file.copy_into(tmp_path).name == "a.png"
    missing = StoreFile(Query(store.uri("scans/b.png")))
    assert not missing.copy_into(tmp_path).exists()


@pytest.mark.parametrize("uri", ["s3://{}/none", "sqlite:///shop.db"])
def test_what_is_no_store_is_refused(store: ObjectStore, uri: str) -> None:
    asked = store.uri("none") if "{}" in uri else uri
    with pytest.raises(InputError, match="cannot be read") as caught:
        store_files(Query(asked))
    assert SECRET not in str(caught.value)


def test_a_refusal_leaves_nothing(store: ObjectStore) -> None:
    store.refuses_writing = True
    with pytest.raises(OSError, match="ACCESS_DENIED") as caught:
        StoreFile(Query(store.uri("scans")), "a.png").take(b"123")
    assert not store.objects
    assert SECRET not in str(caught.value)


def test_tables_are_read_from_a_store(store: ObjectStore) -> None:
    for year in (2025, 2026):
        file = io.BytesIO()
        plays = pd.DataFrame({"user_id": [1, 2], "item_id": [year, 7]})
        plays.to_parquet(file)
        store.put(f"plays/year={year}/part.parquet", file.getvalue())
    found = read_choices(Query(store.uri("plays")))
    assert set(found["item_id"]) == {2025, 2026, 7}
