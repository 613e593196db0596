"""Check every link within the built pages: the file is there, and so is the anchor.

    python docs/check_links.py docs/_build/html

Links to other sites are not followed. Exits with 1 if a link leads nowhere.
"""

import re
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ELSEWHERE = re.compile(r"[a-z]+:|//")


def main() -> None:
    """Print the links that lead nowhere, and how many there are."""
    root = Path(sys.argv[1])
    pages = [page for page in root.rglob("*.html") if "_static" not in page.parts]
    links = [(page, link) for page in pages for link in links_of(page)]
    dead = [(page, link) for page, link in links if not leads_somewhere(page, link)]
    for page, link in dead:
        print(f"{page.relative_to(root)}: {link}")
    print(f"{len(links):,} links on {len(pages)} pages, {len(dead)} lead nowhere")
    raise SystemExit(bool(dead) or not links)


def links_of(page: Path) -> list[str]:
    """Find the links of a page that stay on this site."""
    found = re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8"))
    return [link for link in found if not ELSEWHERE.match(link)]


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether the file of a link exists, and the anchor in it."""
    path, _, anchor = link.partition("#")
    target = page.parent / unquote(path.partition("?")[0]) if path else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".html" or unquote(anchor) in anchors(target)


@cache
def anchors(page: Path) -> set[str]:
    """Find the places of a page that a link can lead to."""
    return set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
