"""Tables of what is known of items and people, in the layouts they come in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.datasets import (
    TableFileError,
    read_item_features,
    read_user_features,
)

U_ITEM = "|".join(
    ["1", "Toy Story (1995)", "01-Jan-1995", "", "http://x", "0"]
    + ["1" if place in (2, 4) else "0" for place in range(18)]
)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("u.item", f"{U_ITEM}\n"),
        ("movies.dat", "1::Toy Story (1995)::Animation|Comedy\n"),
        ("movies.csv", "movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n"),
    ],
)
def test_movielens_items(tmp_path: Path, name: str, text: str) -> None:
    features = read_item_features(written(tmp_path, name, text))
    expected = pd.DataFrame(
        {"genres": ["Animation|Comedy"], "year": [1995]},
        index=pd.Index([1], name="item_id"),
    )
    pd.testing.assert_frame_equal(features, expected, check_dtype=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("u.user", "1|24|M|11|85711\n2|53|F|3|T8H1N\n"),
        ("users.dat", "1::M::24::11::85711\n2::F::53::3::T8H1N\n"),
        ("mine.csv", "User;Age;Sex;Occupation;Zip\n1;24;M;11;85711\n2;53;F;3;T8H1N\n"),
    ],
)
def test_movielens_people(tmp_path: Path, name: str, text: str) -> None:
    features = read_user_features(written(tmp_path, name, text))
    features = features.rename(columns=str.lower)
    assert features.index.tolist() == [1, 2]
    assert features["age"].tolist() == [24, 53]
    assert features["sex"].tolist() == ["M", "F"]
    assert features["occupation"].tolist() == ["11", "3"], "a code is no amount"
    assert features["zip"].tolist() == ["85711", "T8H1N"]


def test_tables_of_ones_own(tmp_path: Path) -> None:
    text = "isbn,name,price,tags\nA1,Dune,3.5,sf|desert\nB2,Emma,,\n"
    features = read_item_features(written(tmp_path, "books.csv", text))
    assert list(features) == ["price", "tags"], "a title alone says nothing"
    assert features.index.tolist() == ["A1", "B2"]
    np.testing.assert_array_equal(features["price"], [3.5, np.nan])
    assert features["tags"].isna().tolist() == [False, True]
    chosen = "nr,called,tags\n7,Dune (1965),sf\n"
    path = written(tmp_path, "odd.csv", chosen)
    named = read_item_features(path, columns=["nr", "called"])
    assert named.reset_index().to_dict("list") == {
        "item_id": [7],
        "tags": ["sf"],
        "year": [1965],
    }


def test_parquet_and_json_keep_their_types(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user_id": ["a", "b"], "born": [1980, 1990], "is_in": True})
    frame.to_parquet(tmp_path / "people.parquet")
    frame.to_json(tmp_path / "people.jsonl", orient="records", lines=True)
    for name in ("people.parquet", "people.jsonl"):
        features = read_user_features(tmp_path / name)
        assert features.index.tolist() == ["a", "b"]
        assert features["born"].tolist() == [1980, 1990]
        assert features["is_in"].dtype == bool


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("user,age\n1,2\n1,3\n", "more than one row of some user_id"),
        ("who,age\n1,2\n", "no column for user_id"),
    ],
)
def test_tables_that_cannot_be_right(tmp_path: Path, text: str, rule: str) -> None:
    with pytest.raises(TableFileError, match=rule):
        read_user_features(written(tmp_path, "people.csv", text))
