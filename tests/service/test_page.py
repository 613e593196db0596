"""The page in a real browser: what people see, type and drop."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.reports.browser import needs_browser
from tests.service.running import Running, running, series, write_recommender

# Everything that can be reached by the Tab key, or read, must have a name.
NAMELESS = """
return [...document.querySelectorAll("input, select, textarea, button, a, img, iframe")]
  .filter((each) => each.checkVisibility())
  .filter((each) => !(each.labels?.length || each.textContent.trim() || each.title
    || each.alt || each.getAttribute("aria-label") || each.options?.length))
  .map((each) => each.outerHTML)
"""
ODD = series(500, 1, is_odd=True)
LOADED = """
return ["before", "after"].map((id) => document.getElementById(id))
  .every((each) => each.complete && each.naturalWidth > 0)
"""
# What the two pictures hold, as grey values.
PIXELS = """
return ["before", "after"].map((id) => {
  const image = document.getElementById(id), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return [...data].filter((_, place) => place % 4 === 0);
})
"""


def opened(browser: Any, address: str, width: int = 1200) -> Any:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    browser.get_log("browser")  # of pages before
    browser.get(address)
    shows(browser, "served", "served.")
    return browser


def shows(page: Any, place: str, words: str) -> str:
    """Wait until a place shows words; give all that it shows."""
    found = page.find_element(By.ID, place)
    WebDriverWait(page, 60).until(lambda _: words in found.text)
    text: str = found.text
    return text


def submit(page: Any, form: str) -> None:
    page.find_element(By.CSS_SELECTOR, f"#{form} button").click()


@needs_browser
def test_the_page_loads_nothing_from_elsewhere_and_complains_of_nothing(
    browser: Any, service: Running
) -> None:
    page = opened(browser, service.address)
    names = page.execute_script(
        "return performance.getEntriesByType('resource').map((each) => each.name)"
    )
    assert names
    assert all(name.startswith(service.address) for name in names)
    assert page.get_log("browser") == []
    assert not page.find_element(By.ID, "denoiser").is_displayed()


@needs_browser
def test_a_list_for_a_user_by_keyboard_alone(browser: Any, service: Running) -> None:
    [user] = service.client.get("/v1/recommenders/films/users?n=1").json()["users"]
    page = opened(browser, service.address)
    active = page.switch_to.active_element
    active.send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Skip to the models"
    for _ in range(2):
        page.switch_to.active_element.send_keys(Keys.TAB)
    assert page.switch_to.active_element.get_attribute("id") == "user"
    page.switch_to.active_element.send_keys(str(user), Keys.ENTER)
    shows(page, "recommender-status", "titles are listed.")
    path = f"/v1/recommenders/films/users/{user}/recommendations?reasons=true"
    expected = service.client.get(path).json()["items"]
    rows = page.find_elements(By.CSS_SELECTOR, "#list tbody tr")
    assert [row.find_element(By.TAG_NAME, "th").text for row in rows] == [
        item["title"] for item in expected
    ]
    assert expected[0]["because"] in rows[0].text


@needs_browser
def test_a_list_for_somebody_new_and_a_title_that_is_none(
    browser: Any, service: Running
) -> None:
    [item] = service.client.get("/v1/recommenders/films/items?n=1").json()["items"]
    page = opened(browser, service.address)
    fields = page.find_elements(By.CSS_SELECTOR, "#own input")
    fields[0].send_keys(item["title"])
    fields[1].send_keys("No Such Film")
    submit(page, "own-form")
    told = shows(page, "recommender-status", "titles are listed.")
    assert "No Such Film" in told
    page.find_element(By.ID, "user").send_keys("nobody")
    submit(page, "user-form")
    shows(page, "recommender-status", "User 'nobody' is unknown.")


@needs_browser
@pytest.mark.parametrize("width", [390, 1200])
def test_a_report_about_a_file_stands_in_the_page(
    browser: Any, service: Running, tmp_path: Path, width: int
) -> None:
    ODD.to_csv(tmp_path / "odd.csv")
    page = opened(browser, service.address, width)
    page.find_element(By.ID, "series-file").send_keys(str(tmp_path / "odd.csv"))
    submit(page, "series-form")
    shows(page, "detector-status", "1 event in odd.csv.")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.execute_script(NAMELESS) == []
    page.switch_to.frame(page.find_element(By.TAG_NAME, "iframe"))
    try:
        # The report's own script has run: it has made the plots.
        WebDriverWait(page, 60).until(
            lambda _: len(page.find_elements(By.TAG_NAME, "canvas")) == 3
        )
    finally:
        page.switch_to.default_content()
    assert page.get_log("browser") == []


@needs_browser
def test_alerts_of_a_live_series_appear(browser: Any, service: Running) -> None:
    page = opened(browser, service.address)
    name = page.find_element(By.ID, "series-name")
    name.clear()
    name.send_keys("browser")
    submit(page, "live-form")
    shows(page, "live-status", "There is no series 'browser'.")
    first, rest = ODD.to_numpy()[:100], ODD.to_numpy()[100:]
    send_rows(page, first)
    shows(page, "live-status", "100 rows so far.")
    rows = {"rows": rest.tolist()}
    service.client.post("/v1/detectors/pump/series/browser/rows", json=rows)
    assert "bar" in shows(page, "alerts", "Event 1: open")
    page.find_element(By.ID, "rows").clear()
    page.find_element(By.ID, "rows").send_keys("1, two")
    submit(page, "rows-form")
    assert page.find_element(By.ID, "live-status").text != ""


def send_rows(page: Any, rows: Any) -> None:
    lines = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    page.execute_script("document.getElementById('rows').value = arguments[0]", lines)
    submit(page, "rows-form")


@pytest.fixture(scope="module")
def cleaning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("cleaning")
    with running(folder, denoiser=True) as service:
        yield service


@needs_browser
@pytest.mark.parametrize("width", [390, 1200])
def test_a_picture_is_slid_from_before_to_after(
    browser: Any,
    cleaning: Running,
    tmp_path: Path,
    width: int,
    rng: np.random.Generator,
) -> None:
    across = np.linspace(40, 200, 96)
    noisy = across + rng.normal(0, 25, (64, 96))
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(tmp_path / "noisy.png")
    page = opened(browser, cleaning.address, width)
    page.find_element(By.ID, "picture-file").send_keys(str(tmp_path / "noisy.png"))
    submit(page, "picture-form")
    told = shows(page, "denoiser-status", "The noise had a strength of")
    assert 20.0 < float(told.split()[-1].rstrip(".")) < 30.0
    WebDriverWait(page, 60).until(lambda _: page.execute_script(LOADED))
    before, after = page.execute_script(PIXELS)
    assert np.std(np.subtract(before, noisy.ravel())) < 5.0
    assert np.std(np.subtract(after, np.tile(across, 64))) < 8.0
    slider = page.find_element(By.ID, "slider")
    shown = page.find_element(By.ID, "after")
    assert "50%" in shown.value_of_css_property("clip-path")
    slider.send_keys(Keys.HOME)
    assert "0%" in shown.value_of_css_property("clip-path").split()[-1]
    slider.send_keys(Keys.END)
    assert "100%" in shown.value_of_css_property("clip-path")
    slider.send_keys(Keys.PAGE_DOWN, Keys.PAGE_DOWN, Keys.PAGE_DOWN)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.execute_script(NAMELESS) == []
    assert page.get_log("browser") == []


@needs_browser
def test_a_token_is_asked_for(browser: Any, tmp_path: Path) -> None:
    films = write_recommender(tmp_path / "films.recs")
    with running(tmp_path / "run", films, token="sesame") as service:
        browser.get(service.address)
        shows(browser, "served", "A token is needed")
        browser.find_element(By.ID, "token").send_keys("sesame", Keys.ENTER)
        shows(browser, "served", "1 model is served.")
        assert not browser.find_element(By.ID, "token").is_displayed()


@needs_browser
def test_titles_cannot_run(browser: Any, service: Running) -> None:
    page = opened(browser, service.address)
    hostile = "<img src=x onerror=alert(1)>"
    told = page.execute_async_script(
        "const done = arguments[1];"
        "const form = document.querySelector('#own input'); form.value = arguments[0];"
        "document.querySelector('#own-form button').click();"
        "const status = document.getElementById('recommender-status');"
        "new MutationObserver(() => status.classList.contains('wrong')"
        "  && done(status.innerHTML)).observe(status, {attributes: true});",
        hostile,
    )
    assert json.dumps("<img") not in told
    assert "&lt;img" in told
