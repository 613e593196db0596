"""Learning who chooses what from a folder of parts."""

from pathlib import Path
from typing import Any

import click

from recs_anomaly.cli._engine import Engine
from recs_anomaly.cli.recommend._ratings import Source
from recs_anomaly.exceptions import InputError


def train_by_parts(source: Source, model_file: Path, engine: Engine) -> dict[str, Any]:
    """Write the model file; give what it was learned from."""
    from recs_anomaly.datasets import read_items
    from recs_anomaly.persistence import save
    from recs_anomaly.recommend.app.partitions import learn_parts, recommender_of
    from recs_anomaly.recommend.serving.catalogue import titles_and_genres
    from recs_anomaly.recommend.serving.titled_recommender import Recommender

    parts = sorted(Path(source.ratings).absolute().glob("*.parquet"))
    if not parts:
        raise InputError(
            f"RATINGS must be a folder with Parquet files; got {source.ratings}."
        )
    items = None
    if source.items is not None:
        items = read_items(source.items, columns=source.item_columns)
    with engine.running():
        learned = learn_parts(parts, source.columns)
    model = recommender_of(learned)
    save(Recommender(model, *titles_and_genres(model.items_, items)), model_file)
    click.echo(
        f"Learned from {learned.n_choices:,} choices of {len(learned.items):,} items "
        f"by {learned.n_users:,} users in {len(parts):,} parts; wrote {model_file} "
        f"({model_file.stat().st_size / 1e6:.1f} MB).",
        err=True,
    )
    return {
        "n_choices": learned.n_choices,
        "n_items": len(learned.items),
        "n_users": learned.n_users,
        "model": str(model_file),
    }
