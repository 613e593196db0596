"""What was done is known again, by its source and by its settings."""

import json
from pathlib import Path

import pytest

from recs_anomaly.engine import manifest as module
from recs_anomaly.engine.manifest import JobRecord, file_stamp
from recs_anomaly.exceptions import InputError


def test_what_is_noted_is_known_again_of_the_same_source(tmp_path: Path) -> None:
    with JobRecord(tmp_path, {"seed": 0}) as first:
        first.note("a", [1], {"found": float("inf")})
    same = JobRecord(tmp_path, {"seed": 0})
    assert same.done("a", [1]) == {"found": float("inf")}
    assert same.done("a", [2]) is None
    assert same.done("b", [1]) is None
    assert JobRecord(tmp_path, {"seed": 1}).done("a", [1]) is None
    assert JobRecord(tmp_path, {"seed": 0}, is_new_run=True).done("a", [1]) is None


def test_it_is_written_now_and_then_and_where_a_run_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / module.MANIFEST

    def broken_off() -> None:
        with JobRecord(tmp_path, {}) as manifest:
            manifest.note("a", [], 1)
            assert not written.exists()
            monkeypatch.setattr(module, "SECONDS_BETWEEN", 0.0)
            manifest.note("b", [], 2)
            assert set(json.loads(written.read_text())["done"]) == {"a", "b"}
            monkeypatch.setattr(module, "SECONDS_BETWEEN", 60.0)
            manifest.note("c", [], 3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert JobRecord(tmp_path, {}).done("c", []) == 3


@pytest.mark.parametrize("content", ["", "[]", '{"done": {}}', "no JSON"])
def test_a_file_that_is_no_manifest_is_left_alone(content: str, tmp_path: Path) -> None:
    (tmp_path / module.MANIFEST).write_text(content)
    with pytest.raises(InputError, match="must be the manifest of an earlier run"):
        JobRecord(tmp_path, {})


def test_a_file_that_is_written_anew_has_another_stamp(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1")
    first = file_stamp(file)
    assert file_stamp(file) == first
    file.write_text("23")
    assert file_stamp(file) != first
