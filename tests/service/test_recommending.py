"""Lists and predictions over HTTP are those of the model itself."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pandas as pd
import pytest

from recs_anomaly import RBMRecommender, load
from tests.service.running import Running, write_recommender

START = "/v1/recommenders/films"


@cache
def model() -> RBMRecommender:
    return load(write_recommender(Path(mkdtemp(), "films.recs"))).model


def plain(table: Any) -> list[dict[str, Any]]:
    return table.drop(columns="user_id", errors="ignore").to_dict("records")


def without_titles(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert all(row["title"] for row in rows)
    return [{k: v for k, v in row.items() if k != "title"} for row in rows]


def test_a_list_for_a_user(service: Running) -> None:
    user = model().users_[0]
    answer = service.client.get(f"{START}/users/{user}/recommendations?n=3").json()
    assert answer["user_id"] == user
    assert answer["model"].startswith("films@")
    expected = plain(model().recommend(user, 3))
    assert without_titles(answer["items"]) == approximately(expected)


def test_a_list_asked_for_again_is_the_same_and_others_are_others(
    service: Running,
) -> None:
    first, second = model().users_[:2]
    asked = [
        f"{first}/recommendations{x}"
        for x in ("", "?exclude_seen=0&n=2", "?exclude_seen=0")
    ]
    asked += [f"{first}/recommendations?reasons=1", f"{second}/recommendations"]
    answers = [
        [service.client.get(f"{START}/users/{path}").content for path in asked]
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(set(answers[0])) == len(asked)


def approximately(rows: list[dict[str, Any]]) -> Any:
    return [
        {k: pytest.approx(v) if isinstance(v, float) else v for k, v in row.items()}
        for row in rows
    ]


def test_lists_for_users_with_options(service: Running) -> None:
    users = model().users_[:3].tolist()
    allowed = model().items_[:4].tolist()
    asked = {
        "users": users,
        "n": 5,
        "items": [*allowed, "nobody rated this"],
        "exclude": allowed[:1],
        "exclude_seen": False,
        "rank_by": "like",
        "novelty": 0.5,
    }
    answer = service.client.post(f"{START}/recommendations", json=asked).json()
    for user, given in zip(users, answer["lists"], strict=True):
        expected = model().recommend(
            user,
            5,
            items=allowed,
            exclude=allowed[:1],
            exclude_seen=False,
            rank_by="like",
            novelty=0.5,
        )
        assert given["user_id"] == user
        assert without_titles(given["items"]) == approximately(plain(expected))


def test_a_list_for_somebody_new_by_titles_and_ids(service: Running) -> None:
    first, second = model().items_[:2].tolist()
    [title] = [
        each["title"]
        for each in service.client.get(f"{START}/items").json()["items"]
        if each["item_id"] == first
    ]
    ratings = [{"item": title, "rating": 5}, {"item": second, "rating": 2}]
    asked = {"ratings": [*ratings, {"item": "no such film", "rating": 1}], "n": 4}
    answer = service.client.post(f"{START}/recommendations/own", json=asked).json()
    assert answer["taken"] == [first, second]
    assert [each["item"] for each in answer["unknown"]] == ["no such film"]
    expected = model().recommend_for({first: 5.0, second: 2.0}, 4)
    assert without_titles(answer["items"]) == approximately(plain(expected))


def test_reasons_stand_beside_a_list(service: Running) -> None:
    user = model().users_[0]
    path = f"{START}/users/{user}/recommendations?n=2&reasons=true"
    rows = service.client.get(path).json()["items"]
    named = model().strongest_reasons(user, [row["item_id"] for row in rows])
    reasons = dict(zip(named["item_id"], named["because_id"], strict=True))
    assert [row["because_id"] for row in rows] == [
        reasons.get(row["item_id"]) for row in rows
    ]


def test_what_is_listed_again_is_no_reason_for_itself(service: Running) -> None:
    user = model().users_[0]
    n = len(model().items_)
    path = f"{START}/users/{user}/recommendations?n={n}&reasons=1&exclude_seen=0"
    rows = service.client.get(path).json()["items"]
    rated = set(model().user_ratings(user)["item_id"])
    assert rated <= {row["item_id"] for row in rows}
    assert all(row["because_id"] is None for row in rows)  # all ratings are listed


def test_somebody_new_gets_the_reasons_of_a_user_with_the_same_ratings(
    service: Running,
) -> None:
    user = model().users_[0]
    asked = f"{START}/users/{user}/recommendations?n=4&reasons=1"
    expected = service.client.get(asked).json()["items"]
    own = model().user_ratings(user)[["item_id", "rating"]].values.tolist()
    ratings = [{"item": item, "rating": rating} for item, rating in own]
    body = {"ratings": ratings, "n": 4, "reasons": True}
    answer = service.client.post(f"{START}/recommendations/own", json=body).json()
    assert answer["items"] == approximately(expected)


def test_reasons_and_similar_items(service: Running) -> None:
    user, item = model().users_[0], model().items_[0]
    path = f"{START}/users/{user}/items/{item}/reasons?n=2"
    reasons = service.client.get(path).json()["reasons"]
    assert without_titles(reasons) == approximately(
        plain(model().explain(user, item, 2))
    )
    similar = service.client.get(f"{START}/items/{item}/similar?n=2").json()["items"]
    assert without_titles(similar) == approximately(
        plain(model().similar_items(item, 2))
    )


def test_predictions_know_who_is_unknown(service: Running) -> None:
    user, item = model().users_[0], model().items_[0].tolist()
    asked = {"pairs": [[user, item], ["nobody", item]], "coverage": 0.5}
    rows = service.client.post(f"{START}/predictions", json=asked).json()["predictions"]
    assert [row["is_known"] for row in rows] == [True, False]
    pairs = pd.DataFrame({"user_id": [user], "item_id": [item]})
    low, high = model().predict_interval(pairs, 0.5)[0]
    assert rows[0]["rating"] == pytest.approx(model().predict(pairs)[0])
    assert (rows[0]["low"], rows[0]["high"]) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/users/nobody/recommendations", None, 404),
        ("/users/0/recommendations?n=0", None, 422),
        ("/users/0/recommendations?n=1001", None, 422),
        ("/users/0/recommendations?rank_by=fame", None, 422),
        ("/items/no-such-film/similar", None, 404),
        ("/recommendations", {"users": []}, 422),
        ("/recommendations", {"users": ["nobody"]}, 404),
        ("/recommendations", {"users": ["a"], "novelty": 7}, 422),
        ("/recommendations/own", {}, 422),
        ("/recommendations/own", {"ratings": [{"item": "?", "rating": 3}]}, 404),
        ("/recommendations/own", {"oops": 1}, 422),
        ("/recommendations/own", {"user_features": {}}, 422),
        ("/recommendations/own", {"user_features": {"age": [1]}}, 422),
        ("/recommendations/own", {"user_features": {"age": 2}}, 400),
        ("/predictions", {"pairs": []}, 422),
    ],
)
def test_mistakes_are_told_in_one_form(
    service: Running, path: str, body: dict[str, Any] | None, status: int
) -> None:
    if body is None:
        answer = service.client.get(START + path)
    else:
        answer = service.client.post(START + path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("body", ['{"pairs":[[1,NaN]]}', '{"pairs":[[1e999,2]]}', "["])
def test_what_is_no_number_is_no_server_error(service: Running, body: str) -> None:
    answer = service.client.post(
        f"{START}/predictions",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422


def test_a_rating_off_the_scale_is_refused(service: Running) -> None:
    item = model().items_[0].tolist()
    asked = {"ratings": [{"item": item, "rating": 99}]}
    answer = service.client.post(f"{START}/recommendations/own", json=asked)
    assert answer.status_code == 400
    assert "between" in answer.json()["detail"]
