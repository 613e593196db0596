"""How good anomaly scores and alarms are; a higher anomaly score is more abnormal."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
