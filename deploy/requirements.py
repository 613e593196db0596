"""Print what the service needs, but for what is left out.

python deploy/requirements.py pyproject.toml tensorflow keras > requirements.txt
"""

import re
import sys
import tomllib
from pathlib import Path


def main() -> None:
    """Print a line for each requirement."""
    path, *left_out = sys.argv[1:]
    project = tomllib.loads(Path(path).read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["serve"] + extras["onnx"]
    for requirement in wanted:
        if re.split(r"[^\w-]", requirement)[0] not in left_out:
            print(requirement)


if __name__ == "__main__":
    main()
