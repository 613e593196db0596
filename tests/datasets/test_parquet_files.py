"""Frames become one Parquet file, a row group each."""

from io import BytesIO

import pandas as pd
import pyarrow.parquet as pq
import pytest

from recs_anomaly.datasets.parquet_files import write_parquet
from recs_anomaly.exceptions import InputError

WHOLE = pd.DataFrame({"user_id": ["a", "a", "b"], "score": [1.5, 0.5, 2.0]})


def test_parts_come_back_as_the_whole() -> None:
    file = BytesIO()
    assert write_parquet([WHOLE[:2], WHOLE[2:]], file) == 3
    assert pq.ParquetFile(file).num_row_groups == 2
    pd.testing.assert_frame_equal(pd.read_parquet(file), WHOLE)


def test_parts_are_taken_one_at_a_time() -> None:
    file = BytesIO()
    seen: list[int] = []
    write_parquet((seen.append(file.tell()) or WHOLE for _ in range(3)), file)
    assert 0 == seen[0] < seen[1] < seen[2]


def test_parts_without_rows_decide_no_type() -> None:
    # pandas forgets what an empty column of text holds; most lists are of others.
    empty = WHOLE.iloc[:0].astype(object)
    file = BytesIO()
    assert write_parquet([empty, WHOLE, empty], file) == 3
    pd.testing.assert_frame_equal(pd.read_parquet(file), WHOLE)
    bare = BytesIO()
    assert write_parquet([empty, empty], bare) == 0
    assert pd.read_parquet(bare).columns.tolist() == ["user_id", "score"]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "at least one frame; got none"),
        ([pd.DataFrame({"id": [1, "a"]})], "Parquet needs one type a column"),
        ([WHOLE, WHOLE.assign(score="high")], "Parquet needs one type a column"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    parts: list[pd.DataFrame], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_parquet(parts, BytesIO())
