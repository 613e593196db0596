"""The page about a recommender in a real browser, and what titles can do to it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recs_anomaly.reports.pages import recommend_page
from recs_anomaly.reports.recommend_parts import Measures, Pair
from tests.reports.browser import HOSTILE, needs_browser, opened
from tests.reports.recommend_summaries import EXAMPLE, LISTED, TABLE, made_summary


@needs_browser
def test_the_page_opens_without_a_complaint(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, recommend_page(made_summary()))
    assert page.get_log("browser") == []
    assert page.title == "films: recommendation report"
    assert page.execute_script("return document.scripts.length") == 0
    requests = "return performance.getEntriesByType('resource').length"
    assert page.execute_script(requests) == 0


@needs_browser
def test_dots_stand_where_their_values_are(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, recommend_page(made_summary()))
    track, dot, whisker = page.execute_script(
        "return ['.track', '.dot', '.whisker'].map((name) => {"
        "const found = document.querySelector(`.contest ${name}`);"
        "const box = found.getBoundingClientRect();"
        "return [box.left, box.right]})"
    )
    width = track[1] - track[0]
    # 0.90 between 0.88 and 0.93, on a scale from 0.8 to 1.1.
    assert (sum(dot) / 2 - track[0]) / width == pytest.approx(1 / 3, abs=0.01)
    ends = [(end - track[0]) / width for end in whisker]
    assert ends == pytest.approx([0.08 / 0.3, 0.13 / 0.3], abs=0.01)


@needs_browser
def test_bars_are_as_long_as_their_shares(browser: Any, tmp_path: Path) -> None:
    levels = [Pair("1", 0.25, 0.5), Pair("2", 0.75, 1.0)]
    page = opened(browser, tmp_path, recommend_page(made_summary(levels=levels)))
    widths = page.execute_script(
        "return [...document.querySelector('.pairs').querySelectorAll('.both span')]"
        ".map((bar) => bar.getBoundingClientRect().width)"
    )
    expected = [0.25 * widths[3], 0.5 * widths[3], 0.75 * widths[3], widths[3]]
    assert widths == pytest.approx(expected, abs=1)


@needs_browser
@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(
    browser: Any, tmp_path: Path, width: int
) -> None:
    endless = "A_Very_Long_Title_" * 12
    item = replace(LISTED, title=endless, genres=endless, reason=(endless, "5"))
    example = replace(EXAMPLE, user=endless, best=[(endless, "5")], items=[item])
    wide = replace(TABLE, names=[f"measure {n}" for n in range(9)])
    summary = made_summary(
        name=endless, examples=[example], list_measures=wide, worst=endless
    )
    page = opened(browser, tmp_path, recommend_page(summary), width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


@needs_browser
def test_small_print_can_be_read_on_a_telephone(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, recommend_page(made_summary()), width=390)
    sizes = page.execute_script(
        "return [...document.querySelectorAll('main *:not(svg *)')]"
        ".filter((each) => each.innerText?.trim())"
        ".map((each) => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(sizes) >= 11
    axis = page.find_element("css selector", ".diagonal text").rect["height"]
    assert axis >= 10


@needs_browser
def test_the_usual_table_fits_a_telephone_and_marks_the_model(
    browser: Any, tmp_path: Path
) -> None:
    names = ["RMSE", "MAE", "Surprise, nats", "In 90 % intervals"]
    values = ["0.900", "0.700", "1.200", "100.0 %"]
    rows = [("user + item biases", values), ("this model", values)]
    table = Measures(names, rows, "this model")
    summary = made_summary(prediction_measures=table)
    page = opened(browser, tmp_path, recommend_page(summary), width=360)
    box = page.find_element("css selector", ".scroll")
    assert box.get_property("scrollWidth") <= box.get_property("clientWidth")
    marked = page.find_elements("css selector", ".scroll:first-of-type tr.own th")
    assert marked[0].text == "this model"


@needs_browser
def test_what_came_true_stands_before_the_genres(browser: Any, tmp_path: Path) -> None:
    nameless = replace(LISTED, genres="")
    example = replace(EXAMPLE, items=[LISTED, nameless])
    page = opened(browser, tmp_path, recommend_page(made_summary(examples=[example])))
    lines = [each.text for each in page.find_elements("css selector", ".kind")]
    assert lines == ["✓ hidden rating: 4 · Horror, Sci-Fi", "✓ hidden rating: 4"]


@needs_browser
def test_titles_cannot_run(browser: Any, tmp_path: Path) -> None:
    item = replace(LISTED, title=HOSTILE, genres=HOSTILE, reason=(HOSTILE, "5"))
    example = replace(EXAMPLE, user=HOSTILE, best=[(HOSTILE, "5")], items=[item])
    page = opened(
        browser,
        tmp_path,
        recommend_page(made_summary(name=HOSTILE, examples=[example])),
    )
    assert page.get_log("browser") == []  # an alert would stand in the way, too
    assert page.execute_script("return document.scripts.length") == 0
    for place in ("h1", ".examples h3", ".item b", ".chip", ".reason"):
        text = page.find_element("css selector", place).text
        assert "<script>alert(1)" in text
        assert "{{ 7 * 7 }}" in text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("better", "▲ better"), ("worse", "▼ the rule is better"), ("even", "= no clear")],
)
def test_a_verdict_is_said_in_words(verdict: str, words: str) -> None:
    figures = [replace(made_summary().figures[0], verdict=verdict)]
    assert words in recommend_page(made_summary(figures=figures))


def test_what_is_not_known_is_not_shown() -> None:
    page = recommend_page(made_summary(groups=[], examples=[], reliability=[]))
    assert "Who is served worst" not in page
    assert "What some people are told" not in page
    assert "said and done" not in page


def test_the_page_is_small() -> None:
    assert len(recommend_page(made_summary())) < 30_000
