"""Sample, downloaded and generated data.

``load_*`` reads what comes with the package, ``fetch_*`` downloads, ``make_*``
generates, ``read_*`` opens files of your own.
"""

from typing import Any

import lazy_loader

from recs_anomaly.extras import told_of_extras

_found, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    with told_of_extras():
        return _found(name)
