"""Print the oldest versions that pyproject.toml allows, as constraints for pip.

python .ci/oldest.py > oldest.txt
python -m pip install --constraint oldest.txt dist/*.whl pytest hypothesis hatchling
"""

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def main() -> None:
    """Print a line for each dependency."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for requirement in project["dependencies"] + extras["train"]:
        print(requirement.replace(">=", "=="))


if __name__ == "__main__":
    main()
