"""Schemas of scikit-learn's common preprocessing, which states none of its own.

Attributes are those of scikit-learn 1.6 and later. FunctionTransformer is left out for
good: it holds a function, and a model file holds no code.
"""

from collections.abc import Container, Mapping
from dataclasses import replace
from types import NoneType
from typing import Any

import numpy as np

from recs_anomaly.base.state import ArraySpec, ValueRule
from recs_anomaly.persistence._schema import Part, Schema, with_common_state


def a_pair_of_numbers(value: Any) -> bool:
    """Whether a value is a range."""
    is_pair = isinstance(value, tuple | list) and len(value) == 2
    return is_pair and all(type(each) in (int, float) for each in value)


def a_list_of_named_steps(value: Any) -> bool:
    """Whether a value is what a Pipeline is made of."""
    is_list = isinstance(value, list) and len(value) > 0 and all(map(_is_step, value))
    return is_list and len({name for name, _ in value}) == len(value)


def _is_step(value: Any) -> bool:
    is_pair = type(value) is tuple and len(value) == 2 and type(value[0]) is str
    return is_pair and (value[1] in (None, "passthrough") or isinstance(value[1], Part))


def a_row_of_values(value: Any) -> bool:
    """Whether a value is an array of Python objects."""
    return isinstance(value, np.ndarray)


def _fitted(
    parameters: Mapping[str, ValueRule],
    arrays: Mapping[str, ArraySpec],
    scalars: Mapping[str, ValueRule],
    parts: Mapping[str, Container[str]] | None = None,
    optional: frozenset[str] = frozenset(),
) -> Schema:
    stated = {"n_features_in_": int, **scalars}
    return with_common_state(
        Schema(arrays, stated, parts or {}, parameters, optional, is_foreign=True)
    )


_PLAIN = int | float | str | None
_FLOATS = ArraySpec("float32 or float64", ("n_features_in_",))

SCHEMAS = {
    "sklearn.StandardScaler": _fitted(
        {"copy": bool, "with_mean": bool, "with_std": bool},
        {
            **dict.fromkeys(("mean_", "var_", "scale_"), _FLOATS),
            # An array where values were missing.
            "n_samples_seen_": ArraySpec("int64 or float64", ("n_features_in_",)),
        },
        {
            **dict.fromkeys(("mean_", "var_", "scale_"), NoneType),
            "n_samples_seen_": float,
        },
    ),
    "sklearn.MinMaxScaler": _fitted(
        {"feature_range": a_pair_of_numbers, "copy": bool, "clip": bool},
        dict.fromkeys(
            ("min_", "scale_", "data_min_", "data_max_", "data_range_"), _FLOATS
        ),
        {"n_samples_seen_": int},
    ),
    "sklearn.MaxAbsScaler": _fitted(
        {"copy": bool, "clip": bool},
        dict.fromkeys(("scale_", "max_abs_"), _FLOATS),
        {"n_samples_seen_": int},
    ),
    "sklearn.RobustScaler": _fitted(
        {
            "with_centering": bool,
            "with_scaling": bool,
            "quantile_range": a_pair_of_numbers,
            "copy": bool,
            "unit_variance": bool,
        },
        dict.fromkeys(("center_", "scale_"), _FLOATS),
        dict.fromkeys(("center_", "scale_"), NoneType),
    ),
    "sklearn.SimpleImputer": _fitted(
        {
            "missing_values": _PLAIN,
            "strategy": str,
            "fill_value": _PLAIN | bool,
            "copy": bool,
            "add_indicator": bool,
            "keep_empty_features": bool,
        },
        # NaN marks a column without any value, which is left out.
        {"statistics_": replace(_FLOATS, may_be_nan=True)},
        {
            "statistics_": a_row_of_values,
            "indicator_": NoneType,
            "_fit_dtype": np.dtype,
            "_fill_dtype": np.dtype,
        },
        parts={"indicator_": {"sklearn.MissingIndicator"}},
        optional=frozenset({"_fill_dtype"}),  # not known to scikit-learn 1.6
    ),
    "sklearn.MissingIndicator": _fitted(
        {
            "missing_values": _PLAIN,
            "features": str,
            "sparse": str | bool,
            "error_on_new": bool,
        },
        {"features_": ArraySpec("int64", ("n_missing",), below="n_features_in_")},
        {"_precomputed": bool, "_n_features": int},
    ),
    "sklearn.Pipeline": Schema(
        arrays={},
        scalars={},
        parts={"steps": None},
        # A cache folder that the file names could be anybody's.
        parameters={
            "steps": a_list_of_named_steps,
            "transform_input": list | None,
            "memory": NoneType,
            "verbose": bool,
        },
        is_foreign=True,
    ),
}
