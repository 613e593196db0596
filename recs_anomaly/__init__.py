"""Recommend items, find anomalies in time series and denoise images.

Public names stand in ``__init__.pyi`` and resolve on first use, so that importing the
package stays cheap: Keras, TensorFlow and pandas are loaded only by what needs them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.2.0"
