"""SequenceForecaster: both ways in, what it learns, its bands, what it refuses."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge as TheirRidge

from recs_anomaly import SequenceForecaster, load, save
from recs_anomaly.sequences.forecast import Ridge, pasts_and_futures, scaled_windows
from recs_anomaly.sequences.samples import Scale

LINEAR: dict[str, Any] = {"epochs": 0, "random_state": 0}


def waves(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Two channels, a row each hour, the second lagging behind the first."""
    rows = np.arange(n_rows)
    noise = np.random.default_rng(seed).normal(0.0, 0.1, (n_rows, 2))
    values = np.column_stack([np.sin(rows / 4), 100 + 30 * np.sin(rows / 4 - 1)])
    times = pd.date_range("2026-03-01", periods=n_rows, freq="h", name="time")
    return pd.DataFrame(values + noise * [1, 30], times, ["flow", "level"])


def folded(n_rows: int) -> np.ndarray:
    """A tent map: what comes next is no linear function of what was."""
    values = np.empty(n_rows)
    values[0] = 0.37
    for row in range(1, n_rows):
        values[row] = 1 - 1.9 * abs(values[row - 1] - 0.01)
    return values


def test_windows_and_futures_by_hand() -> None:
    series = np.array([0.0, 1.0, 2.0, 3.0, np.nan, 5.0, 6.0, 7.0])[:, None]
    pasts, futures = pasts_and_futures(series, 2, 2)
    assert futures[..., 0].tolist() == [[2, 3], [5, 6], [6, 7]]
    np.testing.assert_array_equal(pasts[..., 0], [[0, 1], [3, np.nan], [np.nan, 5]])
    filled = scaled_windows(Scale(np.zeros(1), np.ones(1)), pasts)
    assert filled[..., 0].tolist() == [[0, 1], [3, 3], [0, 5]]


@pytest.mark.parametrize("n_rows", [4, 40])
def test_ridge_is_scikit_learns(n_rows: int, rng: np.random.Generator) -> None:
    X, y = rng.standard_normal((n_rows, 6)), rng.standard_normal((n_rows, 2))
    penalties = np.array([0.5, 40.0])
    ours = Ridge(X, y).penalised(penalties)
    theirs = TheirRidge(alpha=penalties).fit(X, y)
    np.testing.assert_allclose(ours.weights.T, theirs.coef_, atol=1e-10)
    np.testing.assert_allclose(ours.outputs(X), theirs.predict(X), atol=1e-10)


def test_residuals_of_rows_left_out(rng: np.random.Generator) -> None:
    X, y = rng.standard_normal((12, 3)), rng.standard_normal((12, 2))
    penalties = np.array([0.5, 4.0])
    expected = [
        y[row]
        - Ridge(np.delete(X, row, 0), np.delete(y, row, 0))
        .penalised(penalties)
        .outputs(X[row])
        for row in range(12)
    ]
    found = Ridge(X, y).left_out_residuals(penalties)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_an_automatic_window_leaves_ten_rows_a_weight() -> None:
    series = waves(400).to_numpy()
    for n_channels, width in [(1, 29), (2, 20)]:
        model = SequenceForecaster(**LINEAR).fit_series(series[:, :n_channels])
        assert model.window_ == width


def test_a_series_is_continued_with_its_times_and_names() -> None:
    series = waves(600)
    model = SequenceForecaster(horizon=5, window=30, **LINEAR).fit_series(series[:500])
    table = model.forecast(series[:520])
    assert table.index.equals(series.index[520:525])
    assert table["expected"].columns.tolist() == ["flow", "level"]
    truth = waves(600, seed=9)[520:525]  # the same waves, other noise
    error = (table["expected"] - truth) / [0.1, 3.0]
    assert np.abs(error.to_numpy()).max() < 4
    assert (table["low"] < table["expected"]).all(axis=None)
    assert (table["expected"] < table["high"]).all(axis=None)


def test_both_ways_in_are_one() -> None:
    series = waves(300).to_numpy()
    by_series = SequenceForecaster(horizon=4, window=12, **LINEAR).fit_series(series)
    pasts, futures = pasts_and_futures(series, 12, 4)
    by_windows = SequenceForecaster(**LINEAR).fit(pasts, futures)
    np.testing.assert_array_equal(by_windows.predict(pasts), by_series.predict(pasts))
    table = by_series.forecast(series)
    assert table.index.tolist() == [300, 301, 302, 303]
    np.testing.assert_array_equal(
        table["expected"], by_windows.predict(series[None, -12:])[0]
    )


@pytest.mark.parametrize("shape", [(), (3,), (3, 2)])
def test_predictions_have_the_shape_of_y(
    shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    X, y = rng.standard_normal((30, 4, 2)), rng.standard_normal((30, *shape))
    model = SequenceForecaster(**LINEAR).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.predict_interval(X).shape == (*y.shape, 2)
    assert model.predict_quantiles(X, [0.2, 0.5, 0.8, 0.9]).shape == (*y.shape, 4)
    assert -1 < model.score(X, y) < 1


def test_bands_hold_what_they_say() -> None:
    X, y = pasts_and_futures(waves(4000).to_numpy(), 20, 3)
    model = SequenceForecaster(**LINEAR).fit(X[:2000], y[:2000])
    for coverage in (0.5, 0.9):
        band = model.predict_interval(X[2500:], coverage)
        inside = (band[..., 0] <= y[2500:]) & (y[2500:] <= band[..., 1])
        assert inside.mean() == pytest.approx(coverage, abs=0.04)
    quantiles = model.predict_quantiles(X[:5], np.linspace(0.01, 0.99, 9))
    assert (np.diff(quantiles, axis=-1) > 0).all()


def test_the_network_learns_what_lines_cannot() -> None:
    X, y = pasts_and_futures(folded(900)[:, None], 6, 1)
    settings: dict[str, Any] = {"n_units": 16, "learning_rate": 0.05, "random_state": 0}
    network = SequenceForecaster(epochs=12, **settings).fit(X[:600], y[:600])
    line = SequenceForecaster(epochs=0).fit(X[:600], y[:600])
    assert hasattr(network, "kernel_")
    errors = [np.mean((m.predict(X[600:]) - y[600:]) ** 2) for m in (network, line)]
    assert errors[0] < 0.3 * errors[1]
    again = SequenceForecaster(epochs=12, **settings).fit(X[:600], y[:600])
    assert again.predict(X).tobytes() == network.predict(X).tobytes()


def test_a_network_that_does_not_help_is_dropped(rng: np.random.Generator) -> None:
    X, y = rng.standard_normal((80, 4)), rng.standard_normal(80)
    settings: dict[str, Any] = {"n_units": 8, "random_state": 0}
    model = SequenceForecaster(epochs=2, **settings).fit(X, y)
    assert not hasattr(model, "kernel_")
    assert model.n_iter_ == 2
    line = SequenceForecaster(epochs=0).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), line.predict(X))


def test_a_model_file_answers_as_before(tmp_path: Path) -> None:
    series = waves(200)
    model = SequenceForecaster(horizon=2, window=8, **LINEAR).fit_series(series)
    save(model, tmp_path / "model.recs")
    for same in (load(tmp_path / "model.recs"), pickle.loads(pickle.dumps(model))):
        pd.testing.assert_frame_equal(same.forecast(series), model.forecast(series))


def test_gaps_in_time_are_gaps_in_the_series() -> None:
    series = waves(300)
    holes = series.drop(series.index[100:110])
    with_holes = SequenceForecaster(horizon=2, window=8, **LINEAR).fit_series(holes)
    series.iloc[100:110] = np.nan
    with_nan = SequenceForecaster(horizon=2, window=8, **LINEAR).fit_series(series)
    np.testing.assert_array_equal(with_holes.linear_weights_, with_nan.linear_weights_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"horizon": 0}, "horizon must be an integer of at least 1; got 0"),
        ({"window": "wide"}, "window must be an integer .* or 'auto'; got 'wide'"),
        ({"window": 39}, "at least 41 rows for window=39 and horizon=1; it has 40"),
        ({"cell": "rnn"}, "cell must be one of"),
    ],
)
def test_settings_that_break_a_rule(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SequenceForecaster(**parameters).fit_series(waves(40))


def test_data_that_breaks_a_rule() -> None:
    series = waves(60)
    model = SequenceForecaster(window=10, **LINEAR).fit_series(series)
    with pytest.raises(ValueError, match="at least window_=10 rows; it has 4"):
        model.forecast(series[:4])
    with pytest.raises(ValueError, match=r"the channels \['flow', 'level'\]; got"):
        model.forecast(series[["level", "flow"]])
    with pytest.raises(ValueError, match="windows of 10 steps as in fit; got 9"):
        model.predict(np.zeros((1, 9, 2)))
    with pytest.raises(ValueError, match=r"takes a series alone"):
        SequenceForecaster().fit(series, None)
    with pytest.raises(ValueError, match="rows on end without NaN"):
        SequenceForecaster(window=2).fit_series([1.0, 2.0, np.nan, np.nan, np.nan, 3.0])
    windows = SequenceForecaster(**LINEAR).fit(np.zeros((9, 3)), np.arange(9.0))
    with pytest.raises(ValueError, match="after fit, use predict"):
        windows.forecast(series)


def _coming(index: pd.Index, horizon: int) -> list[str]:
    series = pd.Series(waves(len(index))["flow"].to_numpy(), index=index, name="y")
    model = SequenceForecaster(horizon=horizon, window=16, **LINEAR)
    return [str(each) for each in model.fit_series(series).forecast(series).index]


@pytest.mark.parametrize("freq", ["ME", "MS", "QS", "YS", "B", "W-SAT"])
def test_forecasts_follow_the_calendar_of_the_series(freq: str) -> None:
    index = pd.date_range("1900-01-31", periods=86, freq=freq)
    assert _coming(index[:80], 6) == [*map(str, index[80:])]


def test_a_calendar_with_holes_is_known_by_its_other_rows() -> None:
    months = pd.date_range("2000-01-31", periods=150, freq="ME")
    assert _coming(months.delete([40, 77]), 1)[0].startswith("2012-07-31")
    working = pd.bdate_range("2024-01-01", periods=200).delete([40, 77])
    coming = pd.to_datetime(_coming(working, 10))
    assert coming.equals(pd.bdate_range(working[-1], periods=11)[1:])


def test_hours_of_opening_have_no_gap_at_night() -> None:
    hours = pd.date_range("2026-01-05", "2026-02-23", freq="h")
    is_open = (hours.hour >= 8) & (hours.hour < 19) & (hours.day_of_week < 6)
    due = hours[is_open]
    assert _coming(due[:-30], 30) == [*map(str, due[-30:])]


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024-01-05", periods=90, freq="D", tz="Europe/Berlin"),
        pd.period_range("2015-01", periods=90, freq="M"),
        pd.Index(np.arange(1000, 1900, 10)),
    ],
    ids=["clocks change", "periods", "numbers by ten"],
)
def test_an_index_is_continued_in_its_own_words(index: pd.Index) -> None:
    assert _coming(index[:85], 5) == [*map(str, index[85:])]
