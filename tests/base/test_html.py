"""What a notebook shows of an estimator: its name, its state, and what was set."""

import re
from html import unescape

import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import SequenceClassifier
from recs_anomaly.base.discovery import all_estimators
from tests.persistence.every_estimator import fitted

NAMES = [name for name, _ in all_estimators()]


def words(page: str) -> str:
    """What a reader sees of a page: no styles, no scripts, no tags."""
    bare = re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(bare).split())


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_name_state_and_what_was_set(name: str) -> None:
    model = fitted(name)
    blank = clone(model)
    before, after = (words(each._repr_html_()) for each in (blank, model))
    assert repr(blank) == repr(model)
    for shown, state in ((before, "Not fitted"), (after, "Fitted")):
        assert repr(model) in shown
        assert re.search(rf"{name}\S* {state}", re.sub(r"\bi ", "", shown))
    assert "random_state" in repr(model), "what differs from the defaults is told"
    assert "verbose" not in repr(model), "and nothing else"


@pytest.mark.parametrize("name", NAMES)
def test_inside_a_pipeline_it_is_a_step_of_its_own(name: str) -> None:
    page = words(make_pipeline(StandardScaler(), clone(fitted(name)))._repr_html_())
    as_text, as_boxes = page.split("please", maxsplit=1)  # "rerun this cell"
    assert f"'{name.lower()}', {name}(" in as_text
    for step in ("Pipeline", "StandardScaler", name):
        assert step in as_boxes


def test_what_a_user_wrote_is_no_markup() -> None:
    model = SequenceClassifier(class_weight={"<b>up</b>": 2.0})
    assert "<b>up</b>" not in model._repr_html_()
    assert "<b>up</b>" in words(model._repr_html_())
