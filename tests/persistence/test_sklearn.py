"""scikit-learn's preprocessing and Pipelines of it come back the same."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

from recs_anomaly import load, save
from recs_anomaly.exceptions import InputError
from recs_anomaly.persistence import ModelFileError, _registry, _sklearn
from tests.persistence import forge
from tests.persistence.same import assert_same
from tests.persistence.toy import Toy

COMPLETE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0], [0.1, 5.0, 1.0]])
GAPPED = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, 7.0], [np.nan, 5.0, 1.0]])
EMPTY_COLUMN = np.array([[1.0, np.nan], [2.0, np.nan]])
WORDS = np.array([["a", "b"], ["a", ""]], dtype=object)

FITTED = [
    (StandardScaler(), COMPLETE),
    (StandardScaler(), GAPPED),
    (StandardScaler(with_mean=False), COMPLETE),
    (StandardScaler(with_std=False), COMPLETE),
    (StandardScaler(with_std=False, with_mean=False), COMPLETE),
    (StandardScaler(), COMPLETE.astype(np.float32)),
    (MinMaxScaler(), COMPLETE),
    (MinMaxScaler(feature_range=(-1.5, 2), clip=True), GAPPED.astype(np.float32)),
    (MaxAbsScaler(), COMPLETE),
    (MaxAbsScaler(), COMPLETE.astype(np.float32)),
    (RobustScaler(), COMPLETE),
    (RobustScaler(quantile_range=(10.0, 90.0), unit_variance=True), GAPPED),
    (RobustScaler(with_scaling=False), COMPLETE),
    (RobustScaler(with_centering=False), COMPLETE.astype(np.float32)),
    (SimpleImputer(), GAPPED),
    (SimpleImputer(strategy="median"), GAPPED.astype(np.float32)),
    (SimpleImputer(missing_values=5), COMPLETE.astype(int)),
    (SimpleImputer(strategy="most_frequent", missing_values=""), WORDS),
    (SimpleImputer(strategy="constant", fill_value=0), GAPPED),
    (SimpleImputer(strategy="constant", missing_values="", fill_value="x"), WORDS),
    (SimpleImputer(add_indicator=True), GAPPED),
    (SimpleImputer(add_indicator=True), COMPLETE),
    (SimpleImputer(keep_empty_features=True), EMPTY_COLUMN),
]


@pytest.mark.parametrize(("transformer", "rows"), FITTED, ids=str)
@pytest.mark.parametrize("is_table", [False, True], ids=["array", "table"])
def test_a_transformer_comes_back(
    tmp_path: Path, transformer: Any, rows: np.ndarray, is_table: bool
) -> None:
    X = pd.DataFrame(rows).add_prefix("c") if is_table else rows
    fitted = clone(transformer).fit(X)
    save(fitted, tmp_path / "transformer.recs")
    again = load(tmp_path / "transformer.recs")
    assert_same(again, fitted)
    assert_same(np.asarray(again.transform(X)), np.asarray(fitted.transform(X)))


def test_every_class_of_the_table_is_saved_somewhere_above() -> None:
    saved = {f"sklearn.{type(transformer).__name__}" for transformer, _ in FITTED}
    only_inside_others = {"sklearn.Pipeline", "sklearn.MissingIndicator"}
    assert _sklearn.SCHEMAS.keys() - only_inside_others == saved
    assert _sklearn.SCHEMAS.keys() <= _registry.TARGETS.keys()


def test_a_pipeline_that_ends_in_an_estimator_of_ours(tmp_path: Path) -> None:
    steps = [
        ("fill", SimpleImputer(add_indicator=True)),
        ("nothing", "passthrough"),
        ("inner", Pipeline([("scale", RobustScaler()), ("squeeze", MinMaxScaler())])),
        ("toy", Toy(n_units=3)),
    ]
    pipeline = Pipeline(steps).fit(GAPPED)
    save(pipeline, tmp_path / "pipeline.recs")
    again = load(tmp_path / "pipeline.recs")
    assert_same(again, pipeline)
    assert_same(again.predict(COMPLETE), pipeline.predict(COMPLETE))


def test_an_output_setting_comes_back(tmp_path: Path) -> None:
    table = pd.DataFrame(COMPLETE, columns=["a", "b", "c"])
    pipeline = Pipeline([("scale", StandardScaler()), ("cut", MinMaxScaler())])
    pipeline.set_output(transform="pandas").fit(table)
    save(pipeline, tmp_path / "pipeline.recs")
    pd.testing.assert_frame_equal(
        load(tmp_path / "pipeline.recs").transform(table), pipeline.transform(table)
    )


def subclassed() -> Any:
    class Own(StandardScaler):
        pass

    return Own().fit(COMPLETE)


def altered() -> Any:
    scaler = StandardScaler().fit(COMPLETE)
    scaler.remark = "x"
    return scaler


def repeated() -> Any:
    scaler = StandardScaler()
    return Pipeline([("a", scaler), ("b", scaler)]).fit(COMPLETE)


REFUSED = [
    (FunctionTransformer(), "class FunctionTransformer is not among .* no functions"),
    (PCA(1).fit(COMPLETE), "class PCA is not among those that model files hold"),
    (subclassed(), "class Own is not among"),
    (altered(), "sklearn.StandardScaler: its attribute remark is not known"),
    (StandardScaler(), "sklearn.StandardScaler: it is not fitted: it lacks mean_"),
    (
        Pipeline([("a", StandardScaler())]).fit(COMPLETE).set_params(memory="cache"),
        "sklearn.Pipeline: memory must be NoneType; it is 'cache'",
    ),
    (
        SimpleImputer(strategy=lambda column: column[0]).fit(COMPLETE),
        "sklearn.SimpleImputer.strategy: class function is not among",
    ),
    (
        Pipeline([("a", FunctionTransformer())]).fit(COMPLETE),
        "sklearn.Pipeline.steps: class FunctionTransformer is not among",
    ),
    (repeated(), "sklearn.Pipeline.steps: the same object stands in two places"),
    (3, "class int is not among"),
]


@pytest.mark.parametrize(("thing", "message"), REFUSED, ids=lambda c: str(c)[:40])
def test_what_is_not_plain_preprocessing_is_refused(
    tmp_path: Path, thing: Any, message: str
) -> None:
    with pytest.raises(InputError, match=rf"^estimator cannot be saved: {message}"):
        save(thing, tmp_path / "thing.recs")
    assert list(tmp_path.iterdir()) == []


def test_a_parameter_of_a_newer_scikit_learn_is_left_out_at_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = _sklearn.SCHEMAS["sklearn.MaxAbsScaler"]
    older = replace(schema, parameters={"clip": bool})
    monkeypatch.setitem(_sklearn.SCHEMAS, "sklearn.MaxAbsScaler", older)
    save(MaxAbsScaler().fit(COMPLETE), tmp_path / "scaler.recs")
    assert load(tmp_path / "scaler.recs").copy is True
    with pytest.raises(InputError, match="its parameter copy is not known"):
        save(MaxAbsScaler(copy=False).fit(COMPLETE), tmp_path / "scaler.recs")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("memory", "/tmp", "memory must be NoneType; it is '/tmp'"),
        ("steps", [], "steps must be a list of named steps"),
        ("steps", [{"tuple": ["a", {"part": 1}]}] * 2, "steps must be a list of"),
        ("steps", [{"tuple": ["a", "b"]}, {"tuple": ["c", {"part": 1}]}], "steps must"),
        ("steps", [{"tuple": ["a", {"part": 0}]}], "steps refers to an object 0"),
        ("steps", [{"tuple": ["a", {"part": 2}]}], "steps refers to an object 2"),
        ("steps", [{"tuple": ["a", {"part": True}]}], "steps refers to an object True"),
        ("steps", [{"tuple": ["a", "passthrough"]}], "its objects are not each a part"),
        (
            "steps",
            [{"tuple": ["a", {"part": 1}]}, {"tuple": ["b", {"part": 1}]}],
            "its objects are not each a part",
        ),
        ("transform_input", {"part": 1}, "transform_input may not be a sklearn.Max"),
        ("verbose", 1, "verbose must be bool; it is 1"),
        ("loud", 1, "it has no parameter called 'loud'"),
    ],
)
def test_a_pipeline_of_something_else_is_no_pipeline(
    tmp_path: Path, name: str, value: object, message: str
) -> None:
    path = tmp_path / "pipeline.recs"
    save(Pipeline([("a", MaxAbsScaler())]).fit(COMPLETE), path)
    members = forge.members_of(path)
    manifest = forge.manifest_of(members)
    manifest["objects"][0]["parameters"][name] = value
    forge.write_members(path, {**members, forge.MANIFEST: forge.spelled(manifest)})
    with pytest.raises(ModelFileError, match=message):
        load(path)


@pytest.mark.parametrize("key", ["tests.Toy", "sklearn.Pipeline"])
def test_a_part_of_another_class_is_refused(tmp_path: Path, key: str) -> None:
    path = tmp_path / "imputer.recs"
    save(SimpleImputer(add_indicator=True).fit(GAPPED), path)
    members = forge.members_of(path)
    manifest = forge.manifest_of(members)
    manifest["objects"][1]["class_key"] = key
    forge.write_members(path, {**members, forge.MANIFEST: forge.spelled(manifest)})
    with pytest.raises(ModelFileError, match=f"indicator_ may not be a {key}"):
        load(path)
