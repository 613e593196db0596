"""An estimator with one of everything that a model file can hold, and no idea."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from recs_anomaly.base.state import ANY_KIND, ArraySpec, ValueRule


class Toy(BaseEstimator):
    """Fitted by copying what it is given."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "weights_": ArraySpec("float32 or float64", ("n_features_in_", "n_units")),
        "ids_": ArraySpec(ANY_KIND, ("n_ids",)),
        "offsets_": ArraySpec("int64", ("n_ids + 1",), offsets_into="n_entries"),
        "entries_": ArraySpec("int64", ("n_entries",), below="n_features_in_"),
        "gaps_": ArraySpec("float64", (2,), is_optional=True, may_be_nan=True),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "bias_": float,
        "label_": str | None,
    }

    def __init__(self, n_units: int = 2, note: object = None) -> None:
        self.n_units = n_units
        self.note = note

    def fit(self, X: ArrayLike, y: None = None) -> Self:
        rows = validate_data(self, X, dtype=np.float64)
        self.weights_ = np.asarray(rows.T[:, : self.n_units])
        self.ids_ = np.array([f"ü{row}" for row in range(len(rows))], dtype=object)
        self.offsets_ = np.arange(len(rows) + 1) * 2
        self.entries_ = np.arange(2 * len(rows)) % rows.shape[1]
        self.bias_ = float(rows.mean())
        self.label_ = None
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(rows @ self.weights_ + self.bias_)

    def _model_card(self) -> dict[str, Any]:
        return {"trained on": f"{len(self.ids_)} rows", "range": (-1.5, np.inf)}


def fitted_toy(**parameters: Any) -> Toy:
    rows = np.random.default_rng(0).normal(size=(3, 4))
    return Toy(**parameters).fit(rows)


class Box:
    """An object without scikit-learn: two toys, given to the constructor."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "labels": ArraySpec("str", ("n_labels",))
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {}
    _part_schema: ClassVar[dict[str, tuple[str, ...]]] = {
        "left": ("tests.Toy",),
        "right": ("tests.Toy", "tests.Box"),
    }

    def __init__(self, left: Toy, right: "Toy | Box", labels: NDArray[Any]) -> None:
        if len(labels) == 0:
            raise ValueError("labels must not be empty")
        self.left = left
        self.right = right
        self.labels = labels
