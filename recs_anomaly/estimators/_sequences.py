"""X of estimators that learn from sequences: 2-D for one channel, 3-D for several."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_array, validate_data

from recs_anomaly.core.windows import Floats
from recs_anomaly.exceptions import InputError


def checked_sequences(estimator: Any, X: ArrayLike, *, reset: bool) -> Floats:
    """Sequences (n, steps, n_channels); X without channels has one.

    Learns `n_features_in_`, `n_channels_` and `n_dimensions_` if `reset`. The features
    of 2-D X are its steps, all of which `predict` needs; those of 3-D X are the
    channels, and any number of steps will do.
    """
    n_dimensions = _n_dimensions(X)
    if not reset and n_dimensions > 1 and n_dimensions != estimator.n_dimensions_:
        raise InputError(
            f"X must have {estimator.n_dimensions_} dimensions as in fit; "
            f"it has {n_dimensions}."
        )
    options: dict[str, Any] = {
        "dtype": np.float64,
        "ensure_all_finite": "allow-nan",
    }
    if n_dimensions != 3:
        values = validate_data(estimator, X, reset=reset, **options)[:, :, None]
    else:
        values = check_array(
            X, allow_nd=True, estimator=estimator, input_name="X", **options
        )
        _check_channels(estimator, values, reset)
    if reset:
        estimator.n_dimensions_ = n_dimensions
        estimator.n_channels_ = values.shape[2]
    sequences: Floats = values
    return sequences


def _n_dimensions(X: ArrayLike) -> int:
    """Count dimensions; give 2 where only scikit-learn can tell what is wrong."""
    try:
        found = int(np.asarray(X).ndim)
    except ValueError as error:
        raise InputError(
            "X must hold sequences of one length; fill shorter ones up with NaN, "
            "which is left out."
        ) from error
    if found > 3:
        raise InputError(
            "X must have shape (n_samples, steps) or (n_samples, steps, channels); "
            f"got {found} dimensions."
        )
    return found


def _check_channels(estimator: Any, values: Floats, reset: bool) -> None:
    n_channels = values.shape[2]
    if values.shape[1] == 0 or n_channels == 0:
        raise InputError(
            f"X must have steps and channels; its shape is {values.shape}."
        )
    if reset:
        estimator.n_features_in_ = n_channels
        estimator.__dict__.pop("feature_names_in_", None)
    elif n_channels != estimator.n_channels_:
        raise InputError(
            f"X must have {estimator.n_channels_} channels as in fit; "
            f"it has {n_channels}."
        )
