"""The rating RBM as a Keras model: the twin that the gradient in NumPy is held to."""

import keras
import numpy as np
from keras import ops

from recs_anomaly.recommend.training import FIXED, RatingRBMConfig, RowBatch
from recs_anomaly.recommend.view_rbm import RatingRBM


class RatingRBMTwin(keras.Model):
    """Its loss is the leave-one-out likelihood of a batch of rows, and the penalty."""

    def __init__(self, start: RatingRBM, config: RatingRBMConfig) -> None:
        super().__init__()
        self.config = config
        self._parameters = {
            name: self.add_weight(
                shape=value.shape,
                initializer=lambda shape, dtype, value=value: ops.convert_to_tensor(
                    value, dtype
                ),
                trainable=name not in FIXED,
                name=name,
            )
            for name, value in start._asdict().items()
        }
        self._first_bias = np.asarray(start.visible_bias, "float32")

    def logits(self, batch: RowBatch) -> keras.KerasTensor:
        """Logits of the level of each rating given the other ratings of its row."""
        weight, ratings = self._parameters, batch.ratings
        coupling = ops.take(weight["coupling"], ratings.columns, axis=0)
        presence = ops.take(weight["presence"], ratings.columns, axis=0)
        level_in = ops.take(weight["level_in"], ratings.levels.astype("int32"))[:, None]
        message = (level_in * coupling + presence) * batch.seen
        total = ops.segment_sum(message, ratings.rows, ratings.n_rows)
        others = ops.take(total, ratings.rows, axis=0) - message
        hidden = ops.tanh(weight["hidden_bias"] + others * batch.scale)
        mean_weight, habit_weight = ops.split(weight["row_weights"], 2)
        drive = ops.sum(hidden * coupling, axis=1) + mean_weight * batch.mean
        bias = ops.take(weight["visible_bias"], ratings.columns, axis=0)
        return bias + drive[:, None] * weight["level_out"] + habit_weight * batch.habits

    def loss_of(self, batch: RowBatch) -> keras.KerasTensor:
        """Mean surprise at the ratings of a batch, and what they pay."""
        columns = batch.ratings.columns
        surprise = keras.losses.sparse_categorical_crossentropy(
            batch.ratings.levels.astype("int32"), self.logits(batch), from_logits=True
        )
        taken = {
            name: ops.take(self._parameters[name], columns, axis=0)
            for name in ("coupling", "presence", "visible_bias")
        }
        drift = taken["visible_bias"] - ops.take(self._first_bias, columns, axis=0)
        length = ops.sum(taken["coupling"] ** 2 + taken["presence"] ** 2, axis=1)
        paid = self.config.decay * length
        paid += self.config.bias_decay * ops.sum(drift**2, axis=1)
        return ops.mean(surprise + paid)

    def arrays(self) -> RatingRBM:
        """Copy the parameters out."""
        return RatingRBM(
            *(
                np.asarray(ops.convert_to_numpy(self._parameters[name]), np.float64)
                for name in RatingRBM._fields
            )
        )
