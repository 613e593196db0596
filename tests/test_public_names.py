"""The names that `recs_anomaly` promises: complete, lazy, and real."""

import ast
import pickle
from importlib import import_module
from pathlib import Path

import pytest

import recs_anomaly

INIT = Path(recs_anomaly.__file__)


@pytest.mark.parametrize("name", recs_anomaly.__all__)
def test_public_name_is_the_one_of_its_home(name: str) -> None:
    home = import_module(recs_anomaly._HOMES[name])
    assert getattr(recs_anomaly, name) is getattr(home, name)


def test_what_is_listed_what_resolves_and_what_type_checkers_see_agree() -> None:
    tree = ast.parse(INIT.read_text(encoding="utf-8"))
    [guarded] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == recs_anomaly._HOMES
    assert sorted(recs_anomaly.__all__) == sorted(recs_anomaly._HOMES)


def test_dir_lists_public_names_before_they_are_loaded() -> None:
    assert set(recs_anomaly.__all__) <= set(dir(recs_anomaly))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'RBMRecomender'"):
        recs_anomaly.RBMRecomender  # noqa: B018


def test_errors_of_ours_pickle_with_their_message() -> None:
    from recs_anomaly.exceptions import InputError, RecsAnomalyError

    error = pickle.loads(pickle.dumps(InputError("n must be at least 1; got 0.")))
    assert isinstance(error, RecsAnomalyError)
    assert isinstance(error, ValueError)
    assert str(error) == "n must be at least 1; got 0."
