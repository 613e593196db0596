"""Sample, downloaded and generated data.

``load_*`` reads what comes with the package, ``fetch_*`` downloads, ``make_*``
generates, ``read_*`` opens files of your own.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recs_anomaly.datasets._downloads import DownloadError, cache_home, data_home
    from recs_anomaly.datasets._tables import MovieRatings, TableFileError
    from recs_anomaly.datasets.benchmark_series import (
        BenchmarkSeries,
        benchmark_files,
        read_benchmark_series,
    )
    from recs_anomaly.datasets.images import (
        SampleDigits,
        load_sample_digits,
        load_sample_images,
        make_noise,
    )
    from recs_anomaly.datasets.item_files import read_items
    from recs_anomaly.datasets.layout import SeriesLayout
    from recs_anomaly.datasets.leaks import refuse_leak, without_repeats
    from recs_anomaly.datasets.movielens import (
        fetch_movielens,
        movielens_folder,
        official_folds,
    )
    from recs_anomaly.datasets.nab import fetch_nab, nab_names
    from recs_anomaly.datasets.rating_files import read_choices, read_ratings
    from recs_anomaly.datasets.ratings_samples import load_sample_ratings, make_ratings
    from recs_anomaly.datasets.series_files import LabelledSeries, read_series
    from recs_anomaly.datasets.series_samples import (
        SampleSeries,
        load_sample_series,
        make_series,
    )
    from recs_anomaly.datasets.splits import (
        HeldOutUsers,
        hold_out_users,
        leave_last_out,
        random_folds,
        split_by_time,
    )

__all__ = [
    "BenchmarkSeries",
    "DownloadError",
    "HeldOutUsers",
    "LabelledSeries",
    "MovieRatings",
    "SampleDigits",
    "SampleSeries",
    "SeriesLayout",
    "TableFileError",
    "benchmark_files",
    "cache_home",
    "data_home",
    "fetch_movielens",
    "fetch_nab",
    "hold_out_users",
    "leave_last_out",
    "load_sample_digits",
    "load_sample_images",
    "load_sample_ratings",
    "load_sample_series",
    "make_noise",
    "make_ratings",
    "make_series",
    "movielens_folder",
    "nab_names",
    "official_folds",
    "random_folds",
    "read_benchmark_series",
    "read_choices",
    "read_items",
    "read_ratings",
    "read_series",
    "refuse_leak",
    "split_by_time",
    "without_repeats",
]

_HOMES = {
    "BenchmarkSeries": "recs_anomaly.datasets.benchmark_series",
    "DownloadError": "recs_anomaly.datasets._downloads",
    "HeldOutUsers": "recs_anomaly.datasets.splits",
    "LabelledSeries": "recs_anomaly.datasets.series_files",
    "MovieRatings": "recs_anomaly.datasets._tables",
    "SampleDigits": "recs_anomaly.datasets.images",
    "SampleSeries": "recs_anomaly.datasets.series_samples",
    "SeriesLayout": "recs_anomaly.datasets.layout",
    "TableFileError": "recs_anomaly.datasets._tables",
    "benchmark_files": "recs_anomaly.datasets.benchmark_series",
    "cache_home": "recs_anomaly.datasets._downloads",
    "data_home": "recs_anomaly.datasets._downloads",
    "fetch_movielens": "recs_anomaly.datasets.movielens",
    "fetch_nab": "recs_anomaly.datasets.nab",
    "hold_out_users": "recs_anomaly.datasets.splits",
    "leave_last_out": "recs_anomaly.datasets.splits",
    "load_sample_digits": "recs_anomaly.datasets.images",
    "load_sample_images": "recs_anomaly.datasets.images",
    "load_sample_ratings": "recs_anomaly.datasets.ratings_samples",
    "load_sample_series": "recs_anomaly.datasets.series_samples",
    "make_noise": "recs_anomaly.datasets.images",
    "make_ratings": "recs_anomaly.datasets.ratings_samples",
    "make_series": "recs_anomaly.datasets.series_samples",
    "movielens_folder": "recs_anomaly.datasets.movielens",
    "nab_names": "recs_anomaly.datasets.nab",
    "official_folds": "recs_anomaly.datasets.movielens",
    "random_folds": "recs_anomaly.datasets.splits",
    "read_benchmark_series": "recs_anomaly.datasets.benchmark_series",
    "read_choices": "recs_anomaly.datasets.rating_files",
    "read_items": "recs_anomaly.datasets.item_files",
    "read_ratings": "recs_anomaly.datasets.rating_files",
    "read_series": "recs_anomaly.datasets.series_files",
    "refuse_leak": "recs_anomaly.datasets.leaks",
    "split_by_time": "recs_anomaly.datasets.splits",
    "without_repeats": "recs_anomaly.datasets.leaks",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
