"""Give every example of the gallery the same look; `conf.py` names this function."""

from pathlib import Path

import matplotlib.pyplot as plt

STYLE = Path(__file__).with_name("pictures.mplstyle")


def use_our_style(gallery_conf: object, example: object) -> None:
    """Sphinx-gallery calls this before each example."""
    plt.style.use(STYLE)
