"""Pictures of what estimators say, in the manner of scikit-learn's displays.

Each has `from_estimator`, which asks a fitted estimator, `from_predictions`, which
takes what was asked before, and `plot`. Public names stand in ``__init__.pyi`` and
resolve on first use; matplotlib is loaded when something is drawn.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
