"""Rows judged by models that have not seen them."""

from functools import cache

import numpy as np

from recs_anomaly.anomaly.fitting import (
    MAX_BLOCKS,
    MIN_BLOCKS,
    Fitted,
    NormalRows,
    fit_anomaly_model,
    without,
)
from recs_anomaly.anomaly.held_out import at_held_out_scale, hold_out, judge_held_out
from recs_anomaly.anomaly.judging import Judgement, judge
from recs_anomaly.anomaly.settings import CorrectionSettings, Settings
from recs_anomaly.anomaly.training_rows import LearnedSeries

WIDTH, LAGS = 40, 16
LINEAR = Settings(WIDTH, LAGS, 20.0, 0, CorrectionSettings("gru", 4, 0, 0))
N_ROWS = 1200


def wave(n_rows: int = N_ROWS) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.arange(n_rows)
    return (np.sin(rows / 6) + 0.2 * rng.standard_normal(n_rows))[:, None]


def all_rows(series: np.ndarray) -> np.ndarray:
    return np.ones(len(series), dtype=bool)


def fitted_to(series: np.ndarray, settings: Settings = LINEAR) -> Fitted:
    everything = all_rows(series)
    return fit_anomaly_model(series, NormalRows(everything, everything), settings, 0)


def held_out(series: np.ndarray, normal: np.ndarray) -> Judgement:
    fitted = fitted_to(series)
    blocks = hold_out(fitted, LINEAR)
    return judge_held_out(fitted.linear.model, blocks, normal, LINEAR)


@cache
def of_a_wave() -> Judgement:
    return held_out(wave(), wave())


def test_every_row_is_judged_once() -> None:
    found = of_a_wave()
    assert found.errors.shape == (4, N_ROWS, 1)
    assert found.is_known[:, LAGS:].all()
    # Of the very first rows nothing comes before.
    assert not found.is_known[0, :LAGS].any()


def test_a_block_has_no_say_in_the_models_that_judge_it() -> None:
    series, other = wave(), wave()
    block = slice(N_ROWS // MAX_BLOCKS, 2 * N_ROWS // MAX_BLOCKS)
    other[block] = 7.0 * np.random.default_rng(1).standard_normal((120, 1))
    fitted = fitted_to(series)
    before, after = (
        hold_out(
            fitted._replace(learned=LearnedSeries(values, all_rows(series))), LINEAR
        )
        for values in (series, other)
    )
    for number, (one, two) in enumerate(zip(before, after, strict=True)):
        weights = [part.others.model.autoregression.weights for part in (one, two)]
        assert np.allclose(*weights, rtol=1e-9, atol=1e-12) == (number == 1)
    starts = before[1].others.starts
    assert not ((starts > block.start - WIDTH) & (starts < block.stop)).any()


def test_unknown_rows_score_higher_than_those_a_model_was_fitted_to() -> None:
    series = wave()
    inside = judge(fitted_to(series).linear.model, series, 0).errors.mean(axis=(1, 2))
    outside = of_a_wave().errors.mean(axis=(1, 2))
    assert (outside >= 0.99 * inside).all()
    assert outside[0] > 1.01 * inside[0]
    assert (outside <= 1.5 * inside).all()


def test_rows_that_are_not_normal_are_not_judged() -> None:
    series = wave()
    is_normal = all_rows(series)
    is_normal[600:603] = False
    found = held_out(series, without(series, is_normal))
    assert not found.is_known[:, 600:603].any()


def test_short_series_are_judged_by_the_model_of_the_whole() -> None:
    series = wave(MIN_BLOCKS * WIDTH - 1)
    fitted = fitted_to(series)
    assert hold_out(fitted, LINEAR) == []
    model = fitted.linear.model
    found = judge_held_out(model, [], series, LINEAR)
    np.testing.assert_array_equal(found.errors, judge(model, series, 0).errors)


def test_networks_of_the_last_rows_are_held_out_too() -> None:
    """Beside noise, they are closer to the rows that they learned from."""
    rng = np.random.default_rng(0)
    others = rng.standard_normal((N_ROWS, 6))
    sum_of_others = others.sum(axis=1, keepdims=True) / 2
    series = np.hstack([others, sum_of_others + rng.standard_normal((N_ROWS, 1))])
    fitted = fitted_to(series)
    judged = judge_held_out(
        fitted.linear.model, hold_out(fitted, LINEAR), series, LINEAR
    )
    inside, outside = (of.errors[3, :, 6] for of in (fitted.linear.judged, judged))
    assert 1.02 * inside.mean() < outside.mean() < 1.5 * inside.mean()
    scaled = at_held_out_scale(fitted, judged, LINEAR).whole
    is_larger = (scaled.scale > fitted.whole.scale).any(axis=(0, 2))
    assert is_larger.tolist() == [False, False, False, True]
