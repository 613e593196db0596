"""The rules that conftest.py adds to every test are themselves in force."""

from pathlib import Path

import pytest

from tests import conftest

SOURCE = Path(conftest.__file__).read_text(encoding="utf-8")
THREE_TESTS = """
import random
import numpy as np

def test_that_draws_from_the_global_generator():
    random.random()

def test_that_draws_from_that_of_numpy():
    np.random.rand()

def test_that_brings_its_own(rng):
    assert 0 <= rng.random() + random.Random(0).random() < 2
"""
REAL_DATA_TEST = """
import pytest

@pytest.mark.realdata
def test_that_reads(real_data_home):
    assert real_data_home.is_dir()
"""


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    """Hold a project of its own, with our conftest and our markers."""
    pytester.makeconftest(SOURCE)
    pytester.makeini("[pytest]\nmarkers = realdata: reads real data\n")
    return pytester


def test_a_draw_from_the_global_state_fails(inner: pytest.Pytester) -> None:
    inner.makepyfile(THREE_TESTS)
    result = inner.runpytest_subprocess()  # or this very test would draw, and fail
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*the global random state was used*"])


def test_real_data_is_skipped_with_a_reason(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECS_ANOMALY_DATA", raising=False)
    inner.makepyfile(REAL_DATA_TEST)
    result = inner.runpytest_inprocess("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*set RECS_ANOMALY_DATA to the folder*"])


def test_real_data_is_read_where_it_is(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(inner.path))
    inner.makepyfile(REAL_DATA_TEST)
    inner.runpytest_inprocess().assert_outcomes(passed=1)
