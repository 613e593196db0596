"""Sample, downloaded and generated data.

``load_*`` reads what comes with the package, ``fetch_*`` downloads, ``make_*``
generates, ``read_*`` opens files of your own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
