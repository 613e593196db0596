"""The versions that matter for a bug report."""

import platform

from recs_anomaly import __version__

# What decides numbers and file formats.
_PACKAGES = (
    "keras",
    "tensorflow",
    "jax",
    "onnxruntime",
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "pillow",
)


def versions() -> dict[str, str]:
    """Versions by what they are of.

    Returns
    -------
    versions : dict of str
    """
    return {
        "recs-anomaly": __version__,
        "Python": f"{platform.python_version()} on {platform.platform()}",
        **{package: _installed_version(package) for package in _PACKAGES},
    }


def _installed_version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
