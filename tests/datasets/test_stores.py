"""Databases, folders and stores: read as files are, and passwords stay untold."""

import io
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.datasets import (
    Query,
    TableFileError,
    make_ratings,
    read_choices,
    read_item_features,
    read_items,
    read_ratings,
    read_series,
    read_user_features,
    sources,
    stores,
    write_rows,
)
from recs_anomaly.exceptions import InputError
from tests.datasets import postgres

SERIES = pd.DataFrame(
    {"bar": [1.0, np.nan, 3.5], "rpm": [7, 8, 9]},
    pd.date_range("2026-01-01", periods=3, freq="h", name="time"),
)


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    ratings = make_ratings(40, 30, 500, random_state=0).ratings
    return ratings[["user_id", "item_id", "rating"]]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """URI of a database."""
    if postgres.programs() is None:
        pytest.skip(postgres.NOT_INSTALLED)
    with postgres.running() as place:
        login = f"{postgres.USER}:{quote(postgres.PASSWORD)}"
        yield f"postgresql://{login}@{place}/postgres"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        uri: str = request.getfixturevalue("postgresql")
        return uri
    sqlite3.connect(tmp_path / "shop.db").close()
    return f"sqlite:///{tmp_path}/shop.db"


def filled(database: str, table: str, rows: pd.DataFrame) -> None:
    write_rows([rows], Query(database), table, run="one")


def test_a_query_is_read_as_a_file_is(database: str, ratings: pd.DataFrame) -> None:
    filled(database, "stars", ratings)
    text = "select user_id as member, item_id as book, rating as stars from stars"
    found = read_ratings(Query(database, f"{text} order by member, book"))
    by_id = ratings.sort_values(["user_id", "item_id"], ignore_index=True)
    pd.testing.assert_frame_equal(
        found.sort_values(["user_id", "item_id"], ignore_index=True), by_id
    )
    assert found.attrs["reading"]["columns"]["item_id"] == "book"
    chosen = read_choices(Query(database, f"{text} order by member"))
    assert len(chosen) == len(ratings)
    titles = "select distinct item_id, 'No. ' || item_id as title from stars"
    items = read_items(Query(database, titles))
    assert set(items["item_id"]) == set(ratings["item_id"])


def test_features_come_from_queries_and_folders(database: str, tmp_path: Path) -> None:
    known = pd.DataFrame({"id": [3, 1], "pages": [200, 90], "kind": ["war", None]})
    filled(database, "known", known)
    (tmp_path / "known").mkdir()
    known.to_parquet(tmp_path / "known" / "0.parquet")
    query = Query(database, "select id, pages, kind from known order by pages desc")
    for source in (query, tmp_path / "known"):
        for read in (read_item_features, read_user_features):
            found = read(source)
            assert found.index.tolist() == [3, 1]
            assert found["pages"].tolist() == [200, 90]
            assert found["kind"].isna().tolist() == [False, True]


def test_readings_come_from_a_query_too(database: str) -> None:
    filled(database, "pump", SERIES.reset_index())
    text = 'select "time", bar, rpm from pump order by "time"'
    found = read_series(Query(database, text)).values
    np.testing.assert_array_equal(found.to_numpy(), SERIES.to_numpy())
    np.testing.assert_array_equal(found.index.to_numpy(), SERIES.index.to_numpy())


def test_rows_are_written_once_a_run_and_all_or_none(database: str) -> None:
    table, count = 'a "table"', 'select run, score from "a ""table""" order by score'
    parts = [pd.DataFrame({"score": part}) for part in ([0.5, 1.5], [2.5])]
    assert write_rows(parts, Query(database), table, run="one") == 3
    write_rows(parts[:1], Query(database), table, run="two")
    write_rows(parts, Query(database), table, run="one")

    def rows() -> list[Any]:
        return stores.stored_table(Query(database, count)).to_pandas().values.tolist()

    known = rows()
    of_one = [["one", 0.5], ["one", 1.5], ["one", 2.5]]
    assert sorted(known) == [*of_one, ["two", 0.5], ["two", 1.5]]

    def broken() -> Iterator[pd.DataFrame]:
        yield parts[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(broken(), Query(database), table, run="one")
    assert rows() == known


def test_reading_writes_nothing(database: str, ratings: pd.DataFrame) -> None:
    filled(database, "kept", ratings)
    for text in ("delete from kept returning *", "drop table kept"):
        with pytest.raises(TableFileError, match=r"refused: .*(read-?only|COPY)"):
            read_ratings(Query(database, text))
    assert len(read_ratings(Query(database, "select * from kept"))) == len(ratings)


def test_a_password_is_never_told(postgresql: str) -> None:
    wrong = postgresql.replace(quote(postgres.PASSWORD), "wrong-secret")
    for uri, text in (
        (wrong, "select 1"),
        (postgresql, "select nothing"),
        (postgresql, ""),
        (postgresql, "select 1 as user_id"),
    ):
        query = Query(uri, text)
        with pytest.raises(InputError) as caught:
            read_choices(query)
        told = f"{caught.value} {query} {query!r}"
        assert postgres.PASSWORD not in told
        assert quote(postgres.PASSWORD) not in told
        assert "wrong-secret" not in told
        assert caught.value.__cause__ is None
        assert "postgresql://ada@127.0.0.1" in told
    found = read_choices(Query(postgresql, "select 1 as user_id, 2 as item_id"))
    assert postgres.PASSWORD not in str(found.attrs)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://u:p%40ss@h:5/d?sslmode=on&password=q1x", "postgresql://u@h:5/d"),
        ("s3://key:p%40ss@bucket/a/b", "s3://key@bucket/a/b"),
        ("sqlite:///a/b.db", "sqlite:///a/b.db"),
    ],
)
def test_what_is_shown_of_a_uri(uri: str, shown: str) -> None:
    query = Query(uri, "select")
    assert str(query) == shown
    assert query.without_secrets(f"nothing\n at {uri}.") == f"nothing at {shown}."


def test_secrets_are_taken_out_of_what_a_driver_says() -> None:
    query = Query("postgresql://u:p%40ss@h/d?password=q1x&user=u", "select")
    told = query.without_secrets("no p@ss or p%40ss for user u: password=q1x")
    assert told == "no *** or *** for user u: password=***"


def test_mistakes_are_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="say what to read"):
        read_ratings("sqlite:///none.db")
    with pytest.raises(TableFileError, match=r"sqlite:///.*none.db refused"):
        read_ratings(Query(f"sqlite:///{tmp_path}/none.db", "select 1"))
    with pytest.raises(InputError, match="begins with one of sqlite, postgresql"):
        write_rows([SERIES], Query("mysql://h/d"), "t", "r")
    monkeypatch.setattr(stores, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"recs-anomaly\[sql\]"):
        read_ratings(Query("sqlite:///a.db", "select 1"))


def test_a_folder_of_parquet_is_one_table(
    tmp_path: Path, ratings: pd.DataFrame
) -> None:
    whole = ratings.assign(shop=ratings["user_id"] % 2)
    whole.to_parquet(tmp_path / "all", partition_cols=["shop"])
    by_shop = whole.sort_values("shop", kind="stable", ignore_index=True)
    for source in (tmp_path / "all", (tmp_path / "all").as_uri()):
        found = read_ratings(source)
        pd.testing.assert_frame_equal(found, by_shop[list(ratings)])
        shops = read_choices(source, columns=["shop", "item_id"])["user_id"]
        assert shops.tolist() == by_shop["shop"].tolist()
    with pytest.raises(TableFileError, match="cannot be read"):
        read_ratings((tmp_path / "none").as_uri())
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableFileError, match="is a folder; name the file in it"):
        read_ratings(tmp_path / "empty")
    (tmp_path / "all" / "notes.txt").write_text("no part of it")
    assert len(read_ratings(tmp_path / "all")) == len(ratings)


def test_a_series_in_a_folder(tmp_path: Path) -> None:
    for day, rows in enumerate((SERIES[:2], SERIES[2:])):
        rows.reset_index().to_parquet(tmp_path / f"{day}.parquet")
    found = read_series(tmp_path).values
    np.testing.assert_array_equal(found.to_numpy(), SERIES.to_numpy())


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b"User,Film,Stars\nada,007,4.5\nbo,12,3\n")

    monkeypatch.setattr(sys, "stdin", Stdin)
    sources._standard_input.cache_clear()
    assert read_ratings("-")["rating"].tolist() == [4.5, 3.0]
    assert len(read_choices("-")) == 2  # what a pipe gave can be read again
    sources._standard_input.cache_clear()


def test_what_is_read_can_be_written_to(tmp_path: Path, ratings: pd.DataFrame) -> None:
    file = tmp_path / "ratings.parquet"
    ratings.to_parquet(file)
    found = read_ratings(file)
    found.loc[0, ["user_id", "rating"]] = 7, 0.25
    found["item_id"] += 1
    assert found.loc[0].tolist() == [7, ratings["item_id"][0] + 1, 0.25]
    assert len(read_ratings(file)) == len(ratings)
