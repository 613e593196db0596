"""Times that cannot be counted."""

import pandas as pd
import pytest

from recs_anomaly.base.time_axis import time_seconds
from recs_anomaly.exceptions import InputError


@pytest.mark.parametrize("year", [1, 9990])
def test_times_out_of_bounds_are_told(year: int) -> None:
    index = pd.date_range(f"{year:04}-01-01", periods=3, freq="h", unit="s")
    with pytest.raises(InputError, match="X must have times from 1678 to 2262"):
        time_seconds(pd.DataFrame({"x": 0.0}, index))
