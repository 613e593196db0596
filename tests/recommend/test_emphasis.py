"""What choices say by how often and when: by hand, by loops, and end to end."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender, load, save
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.emphasis import emphasised, newer_choices, trend_of
from recs_anomaly.recommend.emphasis_fitting import learn_emphasis
from recs_anomaly.recommend.rows import RatingRows, to_rows, with_newer, with_occasions

IDS = ["user_id", "item_id"]


def rows_of(
    users: list[int], items: list[int], often: list[float], when: list[float]
) -> RatingRows:
    parts = np.array(users), np.array(items)
    shape = max(users) + 2, max(items) + 2
    rows = to_rows(*parts, np.zeros(len(users), np.int8), shape)
    return with_occasions(rows, *parts, np.array(often), np.array(when))


def test_occasions_follow_their_choices_into_order() -> None:
    rows = rows_of([1, 0, 0], [2, 5, 1], [7.0, 8.0, 9.0], [70.0, 80.0, 90.0])
    assert rows.columns.tolist() == [1, 5, 2]
    for part in (rows, rows.take(np.arange(3)), rows.where(np.ones(3, bool))):
        assert part.often is not None
        assert part.often.tolist() == [9.0, 8.0, 7.0]
        assert part.when is not None
        assert part.when.tolist() == [90.0, 80.0, 70.0]


def test_newer_choices_are_counted_for_each_person(rng: np.random.Generator) -> None:
    users, items = np.nonzero(rng.random((6, 9)) < 0.6)
    when = rng.integers(0, 4, len(users)).astype(float)
    rows = rows_of(users.tolist(), items.tolist(), when.tolist(), when.tolist())
    expected = [
        sum(u == own and t > moment for u, t in zip(users, when, strict=True))
        for own, moment in zip(users, when, strict=True)
    ]
    assert newer_choices(rows).tolist() == expected


def test_weights_saturate_fade_and_keep_everybodys_sum() -> None:
    rows = rows_of([0, 0, 0, 1], [0, 1, 2, 1], [1.0, 3.0, 3e9, 5.0], [3.0, 2.0, 2.0, 9])
    often = emphasised(rows, np.array([3.0, 0.0, 0.0]))
    both = emphasised(rows, np.array([3.0, 0.5, 0.0]))
    assert often is not None
    assert both is not None
    np.testing.assert_allclose(often[:3], np.array([0.25, 0.5, 1.0]) * 3 / 1.75)
    fresh = np.array([0.25, 0.5 * 2**-0.5, 2**-0.5])
    np.testing.assert_allclose(both[:3], fresh * 3 / fresh.sum(), rtol=1e-6)
    assert often[3] == both[3] == 1.0
    assert emphasised(rows, None) is None
    assert emphasised(rows._replace(often=None, when=None), np.ones(3)) is None


def test_a_trend_by_hand() -> None:
    # One half-life ago item 0 was chosen twice; item 1 now.
    rows = rows_of([0, 1, 2], [0, 0, 1], [1.0] * 3, [0.0, 0.0, 10.0])
    trend = trend_of(rows, np.array([0.0, 0.0, 10.0]))
    assert trend is not None
    typical = 2 / 3
    lately = np.array([1.0, 1.0, 0.0]) / typical
    np.testing.assert_allclose(trend, (lately + 1) / np.array([3, 2, 1]), rtol=1e-6)


def plays(rng: np.random.Generator, n_users: int = 300) -> pd.DataFrame:
    """Two kinds of people and songs: each tries both, and plays their own kind."""
    kind = rng.integers(0, 2, n_users)
    tried = np.array([rng.permutation(120)[:24] for _ in range(n_users)])
    is_own = (tried % 2) == kind[:, None]
    often = 1 + rng.poisson(np.where(is_own, 20, 0.2))
    kept = is_own | (rng.random(tried.shape) < 0.7)
    table = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(n_users), 24),
            "item_id": tried.ravel(),
            "count": often.ravel(),
        }
    )
    return table[kept.ravel()].reset_index(drop=True)


def share_of_own_kind(model: RBMRecommender, table: pd.DataFrame) -> float:
    """Share of listed songs of the kind that their user plays most."""
    weighed = table["count"] * np.where(table["item_id"] % 2, 1, -1)
    is_odd = weighed.groupby(table["user_id"]).sum() > 0
    listed = model.recommend(model.users_, 10)
    return float((is_odd[listed["user_id"]].to_numpy() == listed["item_id"] % 2).mean())


def test_counts_tell_what_people_play(rng: np.random.Generator) -> None:
    table = plays(rng)
    plain = RBMRecommender(random_state=0).fit(table[IDS])
    counted = RBMRecommender(random_state=0)
    counted.fit(table[IDS], sample_weight=table["count"])
    assert counted.interaction_emphasis_[0] > 0
    found = share_of_own_kind(counted, table)
    assert found > share_of_own_kind(plain, table) + 0.05
    # A count in another unit says the same.
    minutes = RBMRecommender(random_state=0)
    minutes.fit(table[IDS], sample_weight=3.5 * table["count"])
    assert share_of_own_kind(minutes, table) == pytest.approx(found, abs=0.02)


def test_counts_that_say_nothing_change_nothing(rng: np.random.Generator) -> None:
    table = plays(rng)
    plain = RBMRecommender(random_state=0).fit(table[IDS])
    for weight in (np.ones(len(table)), np.full(len(table), 7.0)):
        same = RBMRecommender(random_state=0).fit(table[IDS], sample_weight=weight)
        pd.testing.assert_frame_equal(
            plain.recommend([0, 1, 2]), same.recommend([0, 1, 2]), check_exact=True
        )
    drawn = RBMRecommender(random_state=0)
    drawn.fit(table[IDS], sample_weight=rng.lognormal(size=len(table)))
    assert "interaction_emphasis_" not in vars(drawn)
    pd.testing.assert_frame_equal(
        plain.recommend(0), drawn.recommend(0), check_exact=True
    )


def test_a_log_of_plays_is_added_up_and_zero_is_no_choice(
    rng: np.random.Generator,
) -> None:
    table = plays(rng)
    at_once = RBMRecommender(random_state=0)
    at_once.fit(table[IDS], sample_weight=table["count"])
    halves = pd.concat([table, table.assign(item_id=500, count=0), table])
    log = RBMRecommender(random_state=0)
    log.fit(halves[IDS], sample_weight=halves["count"] / 2)
    assert 500 not in log.items_
    pd.testing.assert_frame_equal(at_once.recommend(0), log.recommend(0))
    for weight in (-1.0, np.nan):
        with pytest.raises(InputError, match="sample_weight must"):
            log.fit(table[IDS], sample_weight=np.full(len(table), weight))
    with pytest.raises(InputError, match=r"X has \d+ pairs, but sample_weight has 2"):
        log.fit(table[IDS], sample_weight=[1.0, 2.0])


def wandering(rng: np.random.Generator, n_users: int = 250) -> pd.DataFrame:
    """People who go from shelf to shelf; what is new is chosen by all, and then not."""
    n = 30
    start = rng.integers(0, 90, n_users)[:, None]
    shelf = (start + np.arange(n)[None] * 3) % 100
    item = 3 * shelf + rng.integers(0, 3, shelf.shape)
    when = rng.random(n_users)[:, None] * 1000.0 + 10.0 * np.arange(n)
    table = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(n_users), n),
            "item_id": item.ravel(),
            "timestamp": when.ravel(),
        }
    )
    return table.drop_duplicates(IDS).reset_index(drop=True)


def hits(model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame) -> int:
    users = np.intersect1d(train["user_id"], test["user_id"])
    return len(model.recommend(users).merge(test, on=IDS))


def test_times_tell_what_comes_next(rng: np.random.Generator) -> None:
    table = wandering(rng)
    is_past = table["timestamp"] < table["timestamp"].quantile(0.8)
    train, test = table[is_past], table[~is_past]
    plain = RBMRecommender(random_state=0).fit(train[IDS])
    timed = RBMRecommender(random_state=0).fit(train)
    assert timed.interaction_emphasis_[1] > 0
    assert hits(timed, train, test) > 1.2 * hits(plain, train, test)
    dated = train.assign(timestamp=pd.to_datetime(train["timestamp"], unit="s"))
    pd.testing.assert_frame_equal(
        timed.recommend([1, 2]),
        RBMRecommender(random_state=0).fit(dated).recommend([1, 2]),
    )


def test_times_drawn_by_chance_change_nothing(rng: np.random.Generator) -> None:
    table = wandering(rng)
    table["timestamp"] = rng.permutation(len(table))
    timed = RBMRecommender(random_state=0).fit(table)
    plain = RBMRecommender(random_state=0).fit(table[IDS])
    pd.testing.assert_frame_equal(
        timed.recommend([1, 2]), plain.recommend([1, 2]), check_exact=True
    )


def test_somebody_new_with_the_same_choices_gets_the_same_list(
    rng: np.random.Generator, tmp_path: object
) -> None:
    table = wandering(rng)
    model = RBMRecommender(random_state=0).fit(table)
    own = table[table["user_id"] == 3].sample(frac=1, random_state=1)
    expected = model.recommend(3).drop(columns="user_id")
    told = model.recommend_for(own[["item_id", "timestamp"]])
    pd.testing.assert_frame_equal(told, expected, check_exact=True)
    without = model.recommend_for(own["item_id"].tolist())
    assert without["item_id"].tolist() != expected["item_id"].tolist()
    file = f"{tmp_path}/timed.recs"
    save(model, file)
    pd.testing.assert_frame_equal(
        load(file).recommend(3), model.recommend(3), check_exact=True
    )


def test_reasons_are_what_each_choice_adds(rng: np.random.Generator) -> None:
    table = wandering(rng)
    model = RBMRecommender(random_state=0).fit(table)
    listed = model.recommend(3, 1)
    reasons = model.explain(3, listed["item_id"][0], n=50)
    newest = table[table["user_id"] == 3].nlargest(5, "timestamp")["item_id"]
    assert reasons["item_id"][0] in newest.tolist()


def test_new_choices_become_the_newest(rng: np.random.Generator) -> None:
    table = wandering(rng)
    is_late = table["timestamp"] >= table["timestamp"].quantile(0.9)
    model = RBMRecommender(random_state=0).fit(table[~is_late])
    emphasis = model.interaction_emphasis_
    model.partial_fit(table[is_late])
    np.testing.assert_array_equal(model.interaction_emphasis_, emphasis)
    assert model.user_when_.max() == table["timestamp"].max()
    known = rows_of([0, 0], [0, 1], [1.0, 2.0], [5.0, 6.0])
    nothing = np.zeros(1, np.int64)
    newer = with_newer(known, (nothing, nothing + 2, nothing), (2, 4))
    assert newer.often is not None
    assert newer.often.tolist() == [1.0, 2.0, 1.0]
    assert newer.when is not None
    assert newer.when.tolist() == [5.0, 6.0, 6.0]


def test_nothing_is_learned_of_few_people() -> None:
    rows = rows_of([0, 0, 1, 1], [0, 1, 1, 2], [1.0, 2.0, 9.0, 1.0], [1.0, 2.0, 3, 4])
    assert learn_emphasis(rows, rows, rows) is None
