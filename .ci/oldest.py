"""Print the oldest versions that pyproject.toml allows, as constraints for pip.

python .ci/oldest.py > oldest.txt
python -m pip install --constraint oldest.txt dist/*.whl pytest hypothesis hatchling
"""

import re
import tomllib
from pathlib import Path

# Of whatever a module of ours imports.
EXTRAS = ("dask", "files", "onnx", "plot", "serve", "sql", "train")
PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def main() -> None:
    """Print a line for each dependency."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    used = [each for name in EXTRAS for each in extras[name]]
    for requirement in sorted({*project["dependencies"], *used}):
        print(re.sub(r">=([^,;]*)(,[^;]*)?", r"==\1", requirement))


if __name__ == "__main__":
    main()
