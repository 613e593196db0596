"""Print what the package and some of its extras need.

python deploy/requirements.py pyproject.toml serve > requirements.txt
"""

import sys
import tomllib
from pathlib import Path


def main() -> None:
    """Print a line for each requirement."""
    path, *extras = sys.argv[1:]
    project = tomllib.loads(Path(path).read_text(encoding="utf-8"))["project"]
    print(*project["dependencies"], sep="\n")
    for extra in extras:
        print(*project["optional-dependencies"][extra], sep="\n")


if __name__ == "__main__":
    main()
