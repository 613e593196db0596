"""Files that a clever person made: right checksums, wrong content."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recs_anomaly import ImageDenoiser, load, save
from recs_anomaly.persistence import ModelFileError, inspect
from recs_anomaly.persistence._manifest import MAX_MANIFEST_BYTES
from recs_anomaly.persistence._npy import ArrayHeader
from tests.persistence import forge
from tests.persistence.toy import Box, fitted_toy

Manifest = dict[str, Any]


def array_bytes(array: np.ndarray, descr: str | None = None) -> bytes:
    header = ArrayHeader(descr or array.dtype.str, array.shape, False)
    return header.to_bytes() + array.tobytes()


def loading_fails(path: Path, members: forge.Members, message: str) -> None:
    forge.write_members(path, members)
    with pytest.raises(ModelFileError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path} cannot be loaded: ")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


ARRAYS = [
    ("weights_", np.full((4, 2), np.nan), "weights_: it holds NaN or infinity"),
    ("weights_", np.full((4, 2), -np.inf), "weights_: it holds NaN or infinity"),
    ("weights_", np.zeros((4, 3)), r"weights_ has shape \(4, 3\), which is not"),
    ("weights_", np.zeros((3, 2)), r"weights_ has shape \(3, 2\), which is not"),
    ("weights_", np.zeros(8), r"weights_ has shape \(8,\), which is not"),
    ("weights_", np.zeros((4, 2), int), "weights_ must be float32 or float64; it is i"),
    ("ids_", np.array([b"\xff", b"b", b"c"]), "ids_: it holds text that is not UTF-8"),
    ("ids_", np.array([2, 0, 1], np.uint8).view(bool), "ids_: it holds something else"),
    ("offsets_", np.array([0, 2, 4]), r"offsets_ has shape \(3,\), which is not"),
    ("offsets_", np.array([0, 4, 2, 6]), "offsets_: it does not rise from 0 to n_ent"),
    ("offsets_", np.array([1, 2, 4, 6]), "offsets_: it does not rise from 0 to n_ent"),
    ("offsets_", np.array([0, 2, 4, 7]), "offsets_: it does not rise from 0 to n_ent"),
    ("entries_", np.array([0, 1, 2, 3, 0, 4]), "entries_: it holds positions that no"),
    ("entries_", np.array([0, 1, 2, 3, 0, -1]), "entries_: it holds positions that no"),
]


@pytest.mark.parametrize(("name", "array", "message"), ARRAYS)
def test_an_array_that_does_not_fit(
    toy_file: Path, name: str, array: np.ndarray, message: str
) -> None:
    members = forge.members_of(toy_file)
    members[f"0.{name}.npy"] = array_bytes(array)
    loading_fails(toy_file, forge.with_true_checksums(members), message)


def test_characters_beyond_unicode(toy_file: Path) -> None:
    members = forge.members_of(toy_file)
    for code in (0x110000, 0xD800, 2**32 - 1):
        members["0.ids_.npy"] = array_bytes(np.array([1, 2, code], "<u4"), "<U1")
        loading_fails(
            toy_file,
            forge.with_true_checksums(members),
            "ids_: it holds text that is not valid Unicode",
        )


def test_a_header_that_promises_more_than_there_is(toy_file: Path) -> None:
    members = forge.members_of(toy_file)
    for shape in ((2**35, 2), (4, 2**35), (0, 2), (4, 1), (2**20, 2**19)):
        header = ArrayHeader("<f8", shape, False).to_bytes()
        members["0.weights_.npy"] = header + bytes(64)
        loading_fails(
            toy_file, forge.with_true_checksums(members), "'0.weights_.npy': it"
        )


def test_an_array_under_another_name(toy_file: Path) -> None:
    members = forge.members_of(toy_file)
    one, two = "0.offsets_.npy", "0.entries_.npy"
    members[one], members[two] = members[two], members[one]
    loading_fails(toy_file, forge.with_true_checksums(members), "offsets_ has shape")
    loading_fails(toy_file, members, "offsets_ has shape|its checksum is wrong")


def test_a_changed_array_without_a_changed_checksum(toy_file: Path) -> None:
    members = forge.members_of(toy_file)
    content = bytearray(members["0.weights_.npy"])
    content[-1] ^= 1
    members["0.weights_.npy"] = bytes(content)
    loading_fails(toy_file, members, "weights_: its checksum is wrong: the file was")
    with pytest.raises(ModelFileError, match="cannot be read: its checksum is wrong"):
        inspect(toy_file)


@pytest.mark.parametrize(
    "name",
    ["extra.npy", "../../etc/cron.d/x", "/etc/passwd", "0.weights_.npy/", "C:\\x", "ä"],
)
def test_a_member_that_does_not_belong(toy_file: Path, name: str) -> None:
    members = forge.members_of(toy_file)
    loading_fails(toy_file, {**members, name: b"1"}, "its member '.*' does not belong")


def test_a_member_that_is_missing(toy_file: Path) -> None:
    members = forge.members_of(toy_file)
    del members["0.ids_.npy"]
    loading_fails(toy_file, members, "its member '0.ids_.npy' is missing")
    del members[forge.MANIFEST]
    loading_fails(toy_file, members, "it holds no 'manifest.json'")


def test_text_that_would_fill_the_memory(tmp_path: Path) -> None:
    box = Box(fitted_toy(), fitted_toy(), np.array(["a"], dtype=object))
    save(box, tmp_path / "box.recs")
    members = forge.members_of(tmp_path / "box.recs")
    members["0.labels.npy"] = array_bytes(np.full(10**6, b"ab"))
    loading_fails(
        tmp_path / "box.recs",
        forge.with_true_checksums(members),
        "its text may take 92,0.* bytes of memory",
    )


def changed(key: str, value: object) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        *way, last = key.split("/")
        place: Any = manifest
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value

    return change


def without(key: str) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        *way, last = key.split("/")
        place: Any = manifest
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        del place[last]

    return change


MANIFESTS = [
    (changed("format", 2), "it was written by a newer recs_anomaly .format 2; this v"),
    (changed("format", 0), "its 'manifest.json' states no format"),
    (changed("format", True), "its 'manifest.json' states no format"),
    (changed("format", "1"), "its 'manifest.json' states no format"),
    (without("format"), "its 'manifest.json' states no format"),
    (without("created"), "its 'manifest.json' has other entries than created, ver"),
    (changed("also", 1), "its 'manifest.json' has other entries than created"),
    (changed("created", 3), "its 'manifest.json' has a wrong entry 'created'"),
    (changed("versions", {"numpy": 2}), "something else where texts belong"),
    (changed("objects", []), "its 'manifest.json' names no object"),
    (changed("objects", [3]), "its 'manifest.json' has other entries than class_key"),
    (changed("objects/0/class_key", "os.system"), "it holds a 'os.system', which this"),
    (changed("objects/0/class_key", "Recommender"), "Recommender: it has no parameter"),
    (changed("objects/0/parameters/depth", 3), "it has no parameter called 'depth'"),
    (changed("objects/0/parameters/fit", 3), "it has no parameter called 'fit'"),
    (changed("objects/0/parameters/note", {"part": 0}), "note refers to an object 0"),
    (changed("objects/0/parameters/note", {"x": 0}), "stands for no value"),
    (changed("objects/0/parameters/n_units", 3), r"weights_ has shape \(4, 2\), whi"),
    (changed("objects/0/parameters/weights_", 3), "has no parameter called 'weights_'"),
    (changed("objects/0/fitted/n_features_in_", 5), r"weights_ has shape \(4, 2\), wh"),
    (changed("objects/0/fitted/n_features_in_", True), "n_features_in_ must be int; i"),
    (changed("objects/0/fitted/n_features_in_", -4), r"weights_ has shape \(4, 2\)"),
    (changed("objects/0/fitted/bias_", "0"), "bias_ must be float; it is '0'"),
    (changed("objects/0/fitted/label_", 1), "label_ must be str | None; it is 1"),
    (changed("objects/0/fitted/__class__", 1), "no fitted value called '__class__'"),
    (changed("objects/0/fitted/predict", 1), "no fitted value called 'predict'"),
    (changed("objects/0/fitted/weights_", 1), "no fitted value called 'weights_'"),
    (without("objects/0/fitted/bias_"), r"it lacks \['bias_'\]"),
    (without("objects/0/arrays/ids_"), "its member '0.ids_.npy' does not belong to it"),
    (changed("objects/0/arrays/x", "0"), "its member '0.x.npy' is missing"),
    (changed("objects/0/arrays/ids_", 1), "something else where texts belong"),
    (changed("objects/0/arrays/ids_", "0" * 64), "ids_: its checksum is wrong"),
    (
        changed("objects/0/fitted/_sklearn_output_config", {"dict": {"transform": 1}}),
        "_sklearn_output_config must be an output setting",
    ),
]


@pytest.mark.parametrize(("change", "message"), MANIFESTS, ids=lambda c: str(c)[:40])
def test_a_manifest_that_does_not_fit(
    toy_file: Path, change: Callable[[Manifest], None], message: str
) -> None:
    members = forge.members_of(toy_file)
    manifest = forge.manifest_of(members)
    change(manifest)
    members[forge.MANIFEST] = forge.spelled(manifest)
    loading_fails(toy_file, members, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "'manifest.json' is no JSON"),
        (b"\xff\xfe", "'manifest.json' is no JSON"),
        (b"{", "'manifest.json' is no JSON"),
        (b"[" * 100_000, "'manifest.json' is no JSON"),
        (b'{"format":1e999}', "'manifest.json' is no JSON"),
        (b'{"format":NaN}', "'manifest.json' is no JSON"),
        (b'{"format":%s}' % (b"1" * 5000), "'manifest.json' is no JSON"),
        (b'{"format":1,"format":2}', "'manifest.json' is not spelled as save"),
        (b'{"format": 1}', "'manifest.json' is not spelled as save"),
        (b'{"format":"\\u0061"}', "'manifest.json' is not spelled as save"),
        (b'{"format":"\\ud800"}', "'manifest.json' is no JSON"),
        (b"[]", "'manifest.json' states no format"),
        (
            b" " * (MAX_MANIFEST_BYTES + 1),
            "'manifest.json' is larger than 1,048,576 byt",
        ),
    ],
    ids=lambda text: str(text)[:30],
)
def test_a_manifest_that_is_no_json_of_ours(
    toy_file: Path, text: bytes, message: str
) -> None:
    loading_fails(toy_file, {forge.MANIFEST: text}, message)


def test_a_constructor_that_refuses(tmp_path: Path) -> None:
    path = tmp_path / "box.recs"
    save(Box(fitted_toy(), fitted_toy(), np.array(["a"], dtype=object)), path)
    members = forge.members_of(path)
    members["0.labels.npy"] = array_bytes(np.zeros(0, "S1"))
    loading_fails(
        path, forge.with_true_checksums(members), "tests.Box: labels must not be empty"
    )


def test_a_part_of_the_wrong_class_or_none(tmp_path: Path) -> None:
    path = tmp_path / "box.recs"
    save(Box(fitted_toy(), fitted_toy(), np.array(["a"], dtype=object)), path)
    members = forge.members_of(path)
    manifest = forge.manifest_of(members)
    parameters = manifest["objects"][0]["parameters"]
    assert parameters == {"left": {"part": 1}, "right": {"part": 2}}
    for left, message in (
        ({"part": 2}, "not each a part"),
        (3, "left must be another object"),
    ):
        parameters["left"] = left
        members[forge.MANIFEST] = forge.spelled(manifest)
        loading_fails(path, members, message)
    del parameters["left"]
    members[forge.MANIFEST] = forge.spelled(manifest)
    loading_fails(path, members, r"it lacks \['left'\]")


def test_a_message_shows_nothing_that_steers_a_terminal(toy_file: Path) -> None:
    members = forge.members_of(toy_file)
    manifest = json.loads(members[forge.MANIFEST])
    manifest["objects"][0]["class_key"] = "\x1b[2J\n"
    members[forge.MANIFEST] = forge.spelled(manifest)
    loading_fails(toy_file, members, r"it holds a '\\x1b\[2J\\n', which this version")


@pytest.mark.parametrize(
    "name",
    [
        "weights_",
        "shared_weights_",
        "camera_weights_",
        "brightness_weights_",
        "difference_weights_",
    ],
)
def test_a_denoiser_of_another_network(tmp_path: Path, name: str) -> None:
    path = tmp_path / "denoiser.recs"
    save(ImageDenoiser.from_pretrained(), path)
    members = forge.members_of(path)
    members[f"0.{name}.npy"] = array_bytes(np.zeros(7, np.float32))
    message = rf"{name} has shape \(7,\), which is not"
    loading_fails(path, forge.with_true_checksums(members), message)
