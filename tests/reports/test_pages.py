"""The page in a real browser, and what data can do to it."""

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from recs_anomaly.reports.anomaly_summary import summarise
from recs_anomaly.reports.pages import anomaly_page, for_script
from tests.reports.browser import HOSTILE, needs_browser, opened, processor_seconds
from tests.reports.findings import made_findings

EVENTS = ({"rows": (300, 320)}, {"rows": (40, 40), "severity": 50, "channel": "b"})


def view(browser: Any) -> list[float]:
    return [
        float(x)
        for x in browser.execute_script("return document.body.dataset.view").split(",")
    ]


@needs_browser
def test_the_page_opens_without_a_complaint(browser: Any, tmp_path: Path) -> None:
    page = opened(
        browser, tmp_path, anomaly_page(summarise(made_findings(events=EVENTS), "p"))
    )
    assert page.get_log("browser") == []
    assert len(page.find_elements("css selector", "canvas")) == 3
    painted = (
        "const c = document.querySelector('canvas');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".filter((v, i) => i % 4 === 3 && v > 0).length"
    )
    # The browser paints when it has time.
    WebDriverWait(page, 10).until(lambda _: page.execute_script(painted) > 1000)
    requests = page.execute_script(
        "return performance.getEntriesByType('resource').length"
    )
    assert requests == 0


@needs_browser
def test_a_click_on_an_event_goes_there(browser: Any, tmp_path: Path) -> None:
    findings = made_findings(events=EVENTS)
    page = opened(browser, tmp_path, anomaly_page(summarise(findings, "p")))
    whole = view(page)
    page.find_element("css selector", "[data-event='1']").click()
    first, last = view(page)
    start = findings.values.index[300].timestamp() * 1000
    assert first < start < last
    assert last - first < 0.8 * (whole[1] - whole[0])
    page.find_element("css selector", "[data-move='all']").click()
    assert view(page) == whole


@needs_browser
def test_dragging_zooms_and_the_pointer_reads(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver import ActionChains

    page = opened(browser, tmp_path, anomaly_page(summarise(made_findings(), "p")))
    whole = view(page)
    canvas = page.find_element("css selector", "canvas")
    chain = ActionChains(page).move_to_element_with_offset(canvas, -200, 0)
    chain.click_and_hold().move_by_offset(300, 0).release().perform()
    first, last = view(page)
    assert (last - first) / (whole[1] - whole[0]) == pytest.approx(0.31, abs=0.05)
    ActionChains(page).move_to_element(canvas).perform()
    page.execute_async_script(
        "requestAnimationFrame(() => setTimeout(arguments[0], 0))"
    )
    assert "expected" in page.find_element("css selector", ".readout").text


@needs_browser
@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(
    browser: Any, tmp_path: Path, width: int
) -> None:
    names = ("a_very_long_channel_name_" * 6, HOSTILE)
    summary = summarise(made_findings(names, EVENTS[:1]), "x" * 200)
    page = opened(browser, tmp_path, anomaly_page(summary), width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


@needs_browser
def test_data_cannot_run(browser: Any, tmp_path: Path) -> None:
    findings = made_findings((HOSTILE, "b"), ({"rows": (9, 12), "cause": HOSTILE},))
    page = opened(browser, tmp_path, anomaly_page(summarise(findings, HOSTILE)))
    assert page.get_log("browser") == []  # an alert would stand in the way, too
    assert page.find_element("css selector", "h1").text.startswith("<script>alert(1)")
    assert "{{ 7 * 7 }}" in page.find_element("css selector", ".channel").text


def test_data_cannot_end_the_script() -> None:
    text = for_script({"name": HOSTILE})
    assert not {"<", "\u2028"} & set(text)
    assert json.loads(text)["name"] == HOSTILE


@needs_browser
def test_a_large_series_is_a_small_quick_page(browser: Any, tmp_path: Path) -> None:
    findings = made_findings(tuple("abcdefghij"), EVENTS, n_rows=100_000)
    text = anomaly_page(summarise(findings, "large"))
    assert len(text) < 10e6
    # The process may be that of pages before, and has used time for these.
    before = processor_seconds(opened(browser, tmp_path, "<p>nothing</p>"))
    page = opened(browser, tmp_path, text)
    page.execute_async_script(
        "requestAnimationFrame(() => setTimeout(arguments[0], 0))"
    )
    assert 0 < processor_seconds(page) - before < 2
