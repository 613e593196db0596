"""Where the documentation of an estimator is, for the link that notebooks show."""

import os
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

HOME = "RECS_ANOMALY_DOCS"  # a copy of one's own, as `make docs` builds it


def documentation_home() -> str:
    """Return the address under which the documentation lies, "" where none is known.

    The environment variable RECS_ANOMALY_DOCS names it, or the installed package.
    """
    named = os.environ.get(HOME, "")
    if named:
        return named.rstrip("/")
    try:
        urls = metadata("recs-anomaly").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from a checkout
        return ""
    known = dict(url.split(", ", 1) for url in urls)
    return str(known.get("Documentation", "")).rstrip("/")


class DocumentationLink:
    """Lets scikit-learn's diagram of an estimator link to its page."""

    _doc_link_module = "recs_anomaly"

    @property
    def _doc_link_template(self) -> str:
        home = documentation_home()
        return home and f"{home}/generated/recs_anomaly.{{name}}.html"

    def _doc_link_url_param_generator(self) -> dict[str, Any]:
        return {"name": type(self).__name__}
