"""A first question to what a file held: who cannot answer it, finitely, is refused.

Shapes and values that fit one by one may still not fit each other. Each object is asked
something small, in the way in which a user would ask it; of networks that Keras serves,
nothing.
"""

import warnings
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

import numpy as np

from recs_anomaly.persistence._misfit import MisfitError

MAX_LOOK_BACK = 256  # rows
MAX_WIDTH = 2**16  # features; rows of more are not made for a question


def check_answers(key: str, thing: Any) -> None:
    """Raise whatever the question raises, or a MisfitError about what it gives."""
    asked = deepcopy(thing) if key in CHANGED_BY_ROWS else copy(thing)
    for name in ("feature_names_in_", "_sklearn_output_config"):
        vars(asked).pop(name, None)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a question says nothing of rows of a user's
        answers = QUESTIONS.get(key, _nothing)(asked)
        are_finite = all(np.isfinite(answer).all() for answer in answers)
    if not are_finite:
        raise MisfitError("it answers with NaN or infinity")


def _nothing(_: Any) -> list[Any]:
    return []


def _zeros_and_ones(*shape: int) -> Any:
    return np.stack([np.zeros(shape), np.ones(shape)])


def _of_machine(rbm: Any) -> list[Any]:
    unknown = np.full((1, rbm.n_features_in_), np.nan)
    return [rbm.transform(unknown), rbm.score_samples(unknown)]


def _of_autoencoder(autoencoder: Any) -> list[Any]:
    rows = _zeros_and_ones(autoencoder.n_features_in_)
    return [autoencoder.reconstruct(rows), autoencoder.score_samples(rows)]


def _of_sequences(n_steps: Callable[[Any], int], method: str) -> Any:
    def ask(model: Any) -> list[Any]:
        is_flat = model.n_dimensions_ == 2
        shape = (model.n_channels_,)
        steps = model.n_features_in_ if is_flat else n_steps(model)
        if steps > MAX_WIDTH:
            return []
        rows = _zeros_and_ones(steps) if is_flat else _zeros_and_ones(steps, *shape)
        return [getattr(model, method)(rows)]

    return ask


def _of_texts(generator: Any) -> list[Any]:
    text = generator.alphabet_[:1] + "?"
    generated = generator.generate(text, 1)
    return [generator.score_samples([text, generated])]


def _few_rows(detector: Any) -> Any:
    """Rows around those of training, more than a model looks back."""
    channels = detector.model_.channels
    n_rows = 2 * min(detector.window_, MAX_LOOK_BACK)
    return channels.centre + (channels.scale + 1) * np.sin(np.arange(n_rows))[:, None]


def _of_detector(detector: Any) -> list[Any]:
    rows = _few_rows(detector)
    detector.explain(rows)
    detector.events(rows)
    return [detector.decision_function(rows), *_of_stream(detector.stream())]


def _of_stream(scorer: Any) -> list[Any]:
    return [scorer.score_many(_few_rows(scorer.detector)), scorer.offset_]


def _of_watcher(watcher: Any) -> list[Any]:
    events = watcher.watch_many(_few_rows(watcher.scorer.detector))
    found = [number for event in events for number in (event.score, event.severity)]
    return [watcher.offset_, watcher.level_factor_, found]


def _of_recommender(model: Any) -> list[Any]:
    for name, ids in (("users_", model.users_), ("items_", model.items_)):
        if len(set(ids.tolist())) < len(ids):
            raise MisfitError(f"{name} holds an id twice")
    user, item = model.users_[:1].tolist()[0], model.items_[:1].tolist()[0]
    pair = np.array([[user, item]], dtype=object)
    rated = [model.predict_proba(pair), model.predict(pair)] if model.is_rated else []
    expected: list[Any] = []
    side = getattr(getattr(model, "side_", None), "given", None)
    if side is not None:  # models of earlier versions know nothing of people
        person = {str(column["name"]): "1" for column in side.columns["users"]}
        expected = [*side.priors_of(side.of_person(person))]
    return [*rated, *expected, model.recommend(user, n=1)["score"].to_numpy()]


def _of_titles(recommender: Any) -> list[Any]:
    user = recommender.model.users_[0]
    return [recommender.recommend_user(user, 1)["score"].to_numpy()]


def _of_scaler(transformer: Any) -> list[Any]:
    if transformer.n_features_in_ > MAX_WIDTH:
        return []
    rows = _zeros_and_ones(transformer.n_features_in_)
    found = transformer.transform(rows)
    return [found] if found.dtype.kind == "f" else []


def _of_pipeline(pipeline: Any) -> list[Any]:
    """Compare how wide rows leave a step with how wide the next one takes them."""
    *before, (_, last) = pipeline.steps
    width: int | None = None
    for name, step in (*before, ("the last", last)):
        if step in (None, "passthrough"):
            continue
        if step is not last and not hasattr(step, "transform"):
            raise MisfitError(f"its step {name!r:.60} transforms nothing")
        taken = getattr(step, "n_features_in_", None)
        if None not in (width, taken) and width != taken:
            raise MisfitError(
                f"its step {name!r:.60} takes {taken} features and is given {width}"
            )
        names = getattr(step, "get_feature_names_out", None)
        small = taken is not None and taken <= MAX_WIDTH
        width = len(names()) if names is not None and small else None
    return []


CHANGED_BY_ROWS = {"SeriesWatcher", "StreamScorer"}
QUESTIONS: dict[str, Callable[[Any], list[Any]]] = {
    "Autoencoder": _of_autoencoder,
    "RBM": _of_machine,
    "RBMRecommender": _of_recommender,
    "Recommender": _of_titles,
    "SequenceClassifier": _of_sequences(lambda _: 3, "predict_proba"),
    "SequenceForecaster": _of_sequences(lambda model: model.window_, "predict"),
    "SeriesWatcher": _of_watcher,
    "StreamScorer": _of_stream,
    "TextGenerator": _of_texts,
    "TimeSeriesAnomalyDetector": _of_detector,
    "VariationalAutoencoder": _of_autoencoder,
    "sklearn.MaxAbsScaler": _of_scaler,
    "sklearn.MinMaxScaler": _of_scaler,
    "sklearn.Pipeline": _of_pipeline,
    "sklearn.RobustScaler": _of_scaler,
    "sklearn.StandardScaler": _of_scaler,
}
