"""Model files for MLflow: what `mlflow.pyfunc` needs to load and serve them.

    mlflow.pyfunc.log_model(
        name="films",
        loader_module="recs_anomaly.service.mlflow_loader",
        data_path="films.recs",
        signature=infer_signature(pd.DataFrame({"user_id": [196]}), params={"n": 10}),
        pip_requirements=["recs-anomaly"],
    )

MLflow hands on those options alone that the signature names, and itself is not imported
here.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from recs_anomaly.persistence import load


def _load_pyfunc(data_path: str) -> "LoadedModel":
    """Load what MLflow has kept; it calls this by its name."""
    path = Path(data_path)
    return LoadedModel(load(next(path.glob("*.recs")) if path.is_dir() else path))


class LoadedModel:
    """A model as MLflow asks it: one method, and tables.

    Parameters
    ----------
    model : object
        As `recs_anomaly.load` gives it.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Answer for the rows of a table.

        Parameters
        ----------
        frame : DataFrame
            Of a recommender the column user_id: a list for each; with item_id too, the
            ratings of the pairs. Of a detector the channels. Of others, features.
        params : dict or None, default=None
            Options of the model's own method, for instance ``{"n": 5}``; through MLflow
            those that the signature of the logged model names.

        Returns
        -------
        answer : DataFrame or ndarray
            Lists; ratings; score and is_abnormal of each row; predictions.
        """
        options = params or {}
        if hasattr(self.model, "recommend"):
            if "item_id" in frame:
                rater = getattr(self.model, "model", self.model)
                return rater.predict(frame[["user_id", "item_id"]], **options)
            return self.model.recommend(frame["user_id"].tolist(), **options)
        if hasattr(self.model, "assess"):
            found = self.model.assess(frame, **options)
            is_abnormal = found.decisions < 0
            return pd.DataFrame({"score": found.scores, "is_abnormal": is_abnormal})
        return self.model.predict(frame, **options)
