"""The README as a package index shows it, which has no other file of the repository.

Hatchling calls this when it builds. No address is stated anywhere that relative links
could be completed with: pictures become their descriptions, and links their text.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"!\[([^]]*)\]\((?!https?:)[^)]*\)")
LINK = re.compile(r"\[([^]]*)\]\((?!https?:)[^)]*\)")


class IndexReadme(MetadataHookInterface):
    """Fills in the field ``readme`` of the project's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Hand over the README without what an index cannot show."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": for_index(text)}


def for_index(text: str) -> str:
    """Say what relative pictures show, and leave relative links as text."""
    return LINK.sub(r"\1", PICTURE.sub(r"*In the repository a picture: \1.*", text))
