"""Files and functions stay short enough to be read, and names mean one thing."""

import ast
from collections import Counter
from pathlib import Path

from tests.gates.tree import PACKAGE, PROGRAMS, ROOT, parsed, python_files, relative

MAX_CODE_LINES = 450  # docstrings, comments, imports and blank lines left out
MAX_BODY_LINES = 60  # the docstring left out
VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
FILES = python_files(PACKAGE, ROOT / "tests", *PROGRAMS)


def test_files_and_their_functions_are_short_and_well_named() -> None:
    broken = {relative(path): broken_rules(path) for path in FILES}
    assert {path: rules for path, rules in broken.items() if rules} == {}


def test_broken_rules_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "_util.py"
    path.write_text("def f(x):\n" + "    x += 1\n" * 500)
    assert broken_rules(path) == ["f", "its name", "its length"]


def test_a_public_class_name_means_one_class() -> None:
    names = Counter(node.name for node in classes() if not node.name.startswith("_"))
    assert [name for name, times in names.items() if times > 1] == []


def test_no_base_has_one_child() -> None:
    assert lone_bases(classes()) == []


def test_a_lone_base_is_noticed() -> None:
    source = "class A: ...\nclass B(A): ...\nclass C(x.B): ...\nclass D(x.B, list): ..."
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    assert lone_bases(nodes) == ["A"]


def test_code_lines_leave_out_what_is_no_code() -> None:
    source = '"""Text."""\n\nimport os\n\n# Why.\nx = 1\ny = (\n    2\n)\n'
    assert code_lines(source, ast.parse(source)) == 4


def test_body_lines_leave_out_the_docstring() -> None:
    source = 'def f(x):\n    """One.\n\n    Two.\n    """\n    y = x\n    return y\n'
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 3


def broken_rules(path: Path) -> list[str]:
    """What of a file is too long, or named too vaguely."""
    source, tree = path.read_text(encoding="utf-8"), parsed(path)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    broken = [f.name for f in functions if body_lines(f) > MAX_BODY_LINES]
    if path.stem.strip("_") in VAGUE_NAMES:
        broken.append("its name")
    if code_lines(source, tree) > MAX_CODE_LINES:
        broken.append("its length")
    return broken


def classes() -> list[ast.ClassDef]:
    """Classes that the package defines."""
    return [
        node
        for path in python_files(PACKAGE)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    ]


def lone_bases(nodes: list[ast.ClassDef]) -> list[str]:
    """Names of classes that are base of one other among them: chapters of a class."""
    names = {node.name for node in nodes}
    children = Counter(
        base
        for node in nodes
        for base in {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        if base in names
    )
    return [name for name, times in children.items() if times == 1]


def code_lines(source: str, tree: ast.Module) -> int:
    """Lines that hold something to think about."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, lines_of(node) + node.lineno))
        has_docstring = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if has_docstring and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            left_out.update(range(first.lineno, lines_of(first) + first.lineno))
    return sum(
        bool(line.strip()) and not line.strip().startswith("#")
        for number, line in enumerate(source.splitlines(), start=1)
        if number not in left_out
    )


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function from its name to its end, without its docstring."""
    lines = lines_of(function)
    has_docstring = ast.get_docstring(function, clean=False)
    return lines - lines_of(function.body[0]) if has_docstring else lines


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
