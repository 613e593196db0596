"""How Sphinx builds the documentation: ``make docs``."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(1, str(Path(__file__).parent))

from recs_anomaly import __version__

project = "recs_anomaly"
author = "recs_anomaly developers"
copyright = "recs_anomaly developers, BSD-3-Clause"
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx-mathjax-offline",
    "sphinx_gallery.gen_gallery",
]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autosummary_generate = True
templates_path = ["_templates"]  # short titles, and no table of fitted arrays
numpydoc_show_class_members = False
autodoc_typehints = "none"  # numpydoc states them, and shorter
autodoc_default_options = {"members": True, "inherited-members": False}
exclude_patterns = ["_build"]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "examples",
    "filename_pattern": r"\.py$",  # all of them run; one that fails, fails the build
    "reset_modules": ("matplotlib", "gallery_style.use_our_style"),
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,  # that page wants a network
    "within_subsection_order": "FileNameSortKey",
}

html_theme = "pydata_sphinx_theme"
html_title = "recs_anomaly"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["page.css"]
_ALONE = "getting_started migration file_format benchmarks citing contributing"
html_sidebars = {page: [] for page in _ALONE.split()}  # these have no sections
html_theme_options = {"navigation_with_keys": False, "show_toc_level": 2}


def _is_left_out(
    app: object, what: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Leave out what scikit-learn documents: its own methods, refused or inherited."""
    home = getattr(member, "__module__", None) or ""
    is_request = name.startswith("set_") and name.endswith("_request")
    return True if is_request or home.startswith("sklearn.") else None


def setup(app: object) -> None:
    """Tell Sphinx about the hook above."""
    app.connect("autodoc-skip-member", _is_left_out)  # type: ignore[attr-defined]
