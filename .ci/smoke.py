"""Check an installed wheel: every module imports, every sample and name is there."""

import sys
from importlib import import_module
from importlib.metadata import files
from pathlib import Path
from pkgutil import walk_packages

import recs_anomaly
from recs_anomaly.datasets.paths import sample_path

home = Path(recs_anomaly.__file__).parent
assert home.is_relative_to(sys.prefix), f"{home} is not the installed wheel"

modules = [m.name for m in walk_packages(recs_anomaly.__path__, "recs_anomaly.")]
for module in modules:
    import_module(module)
for name in recs_anomaly.__all__:
    getattr(recs_anomaly, name)

samples = [
    Path(path).relative_to("recs_anomaly/datasets/samples").as_posix()
    for path in files("recs-anomaly") or []
    if Path(path).is_relative_to("recs_anomaly/datasets/samples")
]
assert samples, "the wheel holds no sample data"
for sample in samples:
    assert sample_path(sample).is_relative_to(home), f"{sample} comes from elsewhere"

print(f"wheel: {len(modules)} modules import, {len(samples)} sample files found")
