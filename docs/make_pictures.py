"""Make the README's pictures from the pages of `recs-anomaly demo`.

    python docs/make_pictures.py [DEMO]

DEMO is a folder that the demo has written; without it, the demo runs first. Beside the
pictures goes shown.json, the words in them. A test holds words and photographs against
those of a new demo. Needs Chromium and its driver, and the extras `docs` and `test`.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

PICTURES = Path(__file__).with_name("pictures")
SHOWN = PICTURES / "shown.json"
WIDTH = 1000
N_FILMS = 4  # of ten
MARGIN = 12


def main() -> None:
    """Run the demo unless it is given, and write what it shows."""
    with tempfile.TemporaryDirectory() as scratch:
        demo = Path(sys.argv[1]) if len(sys.argv) > 1 else run_demo(Path(scratch))
        PICTURES.mkdir(exist_ok=True)
        browser = open_browser()
        try:
            save(with_few_colours(anomaly_picture(browser, demo), 128), "anomaly")
            save(with_few_colours(recommend_picture(browser, demo), 128), "recommend")
        finally:
            browser.quit()
        save(denoise_picture(demo), "denoise")
        SHOWN.write_text(json.dumps(what_is_shown(demo), indent=1) + "\n")


def run_demo(folder: Path) -> Path:
    """Run the demo in a process of its own; return the folder of what it made."""
    command = [sys.executable, "-m", "recs_anomaly", "demo", "-o", str(folder / "demo")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "demo"


def what_is_shown(demo: Path) -> dict[str, list[str]]:
    """Words of the parts of the demo's pages that are in the pictures."""
    machine = (demo / "machine.html").read_text(encoding="utf-8")
    films = (demo / "films.html").read_text(encoding="utf-8")
    return {
        "anomaly": words(
            part(machine, "<h1", "</p>") + part(machine, "<tbody", "</tb")
        ),
        "recommend": words(part(films, '<article class="panel"', "</article>")),
    }


def part(page: str, start: str, end: str) -> str:
    """Cut the first stretch of a page from `start` to `end`."""
    after = page[page.index(start) :]
    return after[: after.index(end)]


def words(html: str) -> list[str]:
    """Split what a reader sees of a piece of a page into words."""
    return unescape(re.sub(r"<[^>]*>", " ", html)).split()


def open_browser() -> Any:
    """Start Chromium, without a window and without a network."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    return webdriver.Chrome(options=options, service=service)


def seen(browser: Any, page: Path, first: str, last: str) -> Image.Image:
    """Photograph a page from the top of one element to the bottom of another."""
    browser.get(page.resolve().as_uri())
    browser.set_window_size(WIDTH, 1000)
    height = browser.execute_script("return document.body.scrollHeight")
    browser.set_window_size(WIDTH, height + 500)
    top = browser.find_element("css selector", first).rect
    bottom = browser.find_element("css selector", last).rect
    shot = Image.open(BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    return shot.crop(
        (
            int(max(0, min(top["x"], bottom["x"]) - MARGIN)),
            int(max(0, top["y"] - MARGIN)),
            int(max(each["x"] + each["width"] for each in (top, bottom)) + MARGIN),
            int(bottom["y"] + bottom["height"] + MARGIN),
        )
    )


def anomaly_picture(browser: Any, demo: Path) -> Image.Image:
    """Photograph the head of the report, its events and the first plot."""
    return seen(browser, demo / "machine.html", ".kicker", "#plots > *")


def recommend_picture(browser: Any, demo: Path) -> Image.Image:
    """Photograph the first films that one person is told of, and why."""
    return seen(
        browser,
        demo / "films.html",
        "article.panel",
        f"article.panel li:nth-child({N_FILMS})",
    )


def denoise_picture(demo: Path) -> Image.Image:
    """Put a photograph with noise, cleaned, and as it was side by side."""
    panels = {"with noise": "noisy", "cleaned": "clean", "as it was": "originals"}
    box = (150, 30, 400, 250)
    step = box[2] - box[0] + MARGIN
    height = box[3] - box[1]
    sheet = Image.new("RGB", (3 * step - MARGIN, height + 26), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for place, (name, folder) in enumerate(panels.items()):
        photo = Image.open(demo / folder / "flower.png").convert("RGB").crop(box)
        sheet.paste(photo, (step * place, 0))
        draw.text((step * place, height + 5), name, fill="black", font=font)
    return with_few_colours(sheet, 256)


def with_few_colours(picture: Image.Image, n_colours: int) -> Image.Image:
    """Give a picture few colours, which keeps its file small."""
    return picture.quantize(n_colours, dither=Image.Dither.NONE)


def save(picture: Image.Image, name: str) -> None:
    """Write a picture to where the README shows it from."""
    picture.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
