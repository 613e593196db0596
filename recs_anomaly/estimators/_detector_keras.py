"""The networks of a fitted detector, for those who go on with Keras."""

from typing import Any

from sklearn.utils.validation import check_is_fitted

from recs_anomaly.estimators._detector_state import DetectorState


class DetectorKeras(DetectorState):
    """Hands out the networks of a fitted TimeSeriesAnomalyDetector."""

    def to_keras(self) -> Any:
        """Make a Keras model of the forecast and of the reconstruction.

        Returns
        -------
        model : keras.Model
            From series without missing values, of shape (n_series, n_timestamps,
            n_channels) and at least `window_` rows, to a dict of two arrays (n_series,
            n_timestamps, n_targets). "expected" is that of `explain`, in the channels'
            units. Beyond 192 rows it may differ by what the recurrent network still
            knows of more than 64 rows before. "left_over" is what the autoencoder does
            not rebuild, squared, in training variances: what the reconstruction branch
            sees before any smoothing.
        """
        from recs_anomaly.core.anomaly_keras import build_anomaly_network

        check_is_fitted(self)
        return build_anomaly_network(self._model())
