"""What notebooks show of results that are no frames: small tables, all text escaped.

Frames stay plain frames of pandas, which shows and escapes them itself.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

MAX_ROWS = 10


def facts_html(title: str, facts: Mapping[str, Any]) -> str:
    """Show a title, and below it what is known, a line each; None and "" is not."""
    lines = "".join(
        f"<tr><th style='text-align: left'>{escape(name)}</th>"
        f"<td style='text-align: left'>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value is not None and value != ""
    )
    return f"<p><b>{escape(title)}</b></p><table>{lines}</table>"


def frame_html(title: str, frame: pd.DataFrame, most: int = MAX_ROWS) -> str:
    """Show a title, and below it the first rows of a frame, with all of their text."""
    with pd.option_context("display.max_colwidth", None, "display.precision", 4):
        table = frame.head(most).to_html(border=0, escape=True, notebook=True)
    n_more = len(frame) - most
    more = f"<p>and {n_more:,} more</p>" if n_more > 0 else ""
    return f"<p><b>{escape(title)}</b></p>{table}{more}"
