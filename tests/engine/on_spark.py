"""Judge series and make lists in Spark's local mode, as docs/guide/engines.md says.

python -m tests.engine.on_spark RESULTS MODEL SERIES
"""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd


def main(results: str, model: str, series: str) -> None:
    """Write two frames of pandas: judged rows, and lists."""
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )

    def judged(frame: pd.DataFrame) -> pd.DataFrame:
        from recs_anomaly.anomaly.app.fleet import judge_series

        return judge_series(frame.sort_values("time"), time="time", keys=["pump"])

    def listed(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        from recs_anomaly import load

        recommender = load(model)
        for frame in frames:
            lists = recommender.recommend(frame["user_id"], n=3)
            yield lists[["user_id", "item_id", "rank", "score"]]

    readings = spark.read.parquet(series)
    schema = "pump string, time timestamp_ntz, score double, is_abnormal boolean"
    scores = readings.groupBy("pump").applyInPandas(judged, schema)
    users = spark.range(1, 21).withColumnRenamed("id", "user_id")
    schema = "user_id long, item_id long, rank long, score double"
    lists = users.mapInPandas(listed, schema)
    found = {"scores": scores.toPandas(), "lists": lists.toPandas()}
    Path(results).write_bytes(pickle.dumps(found))
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
