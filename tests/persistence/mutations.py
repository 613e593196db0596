"""Ways to spoil a model file: its bytes, its members, its headers, its manifest."""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from recs_anomaly.persistence._npy import pack, read_header, unpack
from recs_anomaly.persistence._registry import schema_of_key
from tests.persistence.forge import MANIFEST, Members, manifest_of, spelled

ODD_VALUES: list[Any] = [
    *(None, True, -1, 0, 2, 3, 10**18, 2**64, 0.5, 1e308, "", "a", "\x00", "../x"),
    *([], {}, {"part": 0}, {"part": 1}, {"part": 2}, {"float": "nan"}, {"tuple": []}),
    *({"dtype": "<f8"}, {"numpy": ["int64", 3]}, {"array": [1, "x"]}, {"dict": {}}),
    *("tests.Toy", "sklearn.Pipeline", "RBMRecommender", "builtins.eval", [[[[[[]]]]]]),
    *(1e-300, 1.015, 1e30, "user", "auto", "lower", "gaussian", "median", "lstm"),
]
ODD_NAMES = ["../x", "/etc/passwd", "a/b.npy", "", ".", "\x00", "nul", "ä", "x" * 300]
ODD_SHAPES = [(), (0,), (1,), (2**31,), (2**40, 2**40), (3, 4, 5), (10**18,), (4, 2)]
ODD_TYPES = ["<f8", "<f4", "<i8", "|b1", "|S1", "<U1", "|O", ">f8", "<M8[s]", "|V8"]

Rng = np.random.Generator


def pick(rng: Rng, options: Any) -> Any:
    return options[int(rng.integers(len(options)))]


def cut_off(rng: Rng, whole: bytes) -> bytes:
    return whole[: int(rng.integers(len(whole)))]


def flipped(rng: Rng, whole: bytes) -> bytes:
    spoiled = bytearray(whole)
    for place in rng.integers(len(whole), size=rng.integers(1, 9)):
        spoiled[place] ^= int(rng.integers(1, 256))
    return bytes(spoiled)


def moved(rng: Rng, whole: bytes) -> bytes:
    """Drop, repeat or swap a stretch."""
    start, stop = sorted(int(place) for place in rng.integers(len(whole), size=2))
    stretch = whole[start:stop]
    middle = pick(rng, [b"", stretch * 2, stretch[::-1], bytes(len(stretch))])
    return whole[:start] + middle + whole[stop:]


def extended(rng: Rng, whole: bytes) -> bytes:
    extra = rng.bytes(int(rng.integers(1, 100)))
    return pick(rng, [whole + extra, extra + whole, whole + whole, whole[:-22] + whole])


def renumbered(rng: Rng, whole: bytes) -> bytes:
    """Put an odd number where a size or an offset may stand."""
    spoiled = bytearray(whole)
    place = int(rng.integers(max(0, len(whole) - 600), len(whole) - 4))
    struct.pack_into("<I", spoiled, place, pick(rng, [0, 1, 2**16, 2**31, 2**32 - 1]))
    return bytes(spoiled)


def renamed(rng: Rng, members: Members) -> Members:
    name = pick(rng, list(members))
    odd = pick(rng, [*ODD_NAMES, *members])
    return {odd if each == name else each: members[each] for each in members}


def swapped(rng: Rng, members: Members) -> Members:
    one, two = pick(rng, list(members)), pick(rng, list(members))
    return {**members, one: members[two], two: members[one]}


def dropped(rng: Rng, members: Members) -> Members:
    name = pick(rng, list(members))
    return {each: members[each] for each in members if each != name}


def added(rng: Rng, members: Members) -> Members:
    content = pick(rng, [b"", b"PK\3\4", *members.values(), rng.bytes(200)])
    return {**members, pick(rng, ODD_NAMES): content}


def reheaded(rng: Rng, members: Members) -> Members:
    """Give an array a header of another type or shape."""
    name = pick(rng, [each for each in members if each != MANIFEST])
    descr, shape = pick(rng, ODD_TYPES), pick(rng, ODD_SHAPES)
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    header = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()
    return {**members, name: header + members[name][128:]}


def refilled(rng: Rng, members: Members) -> Members:
    """Spoil the entries of an array."""
    name = pick(rng, [each for each in members if each != MANIFEST])
    header, entries = members[name][:128], members[name][128:]
    spoil = pick(rng, [flipped, cut_off, moved]) if entries else extended
    return {**members, name: header + spoil(rng, entries or b"x")}


def array_of(member: bytes) -> np.ndarray:
    header = read_header(member[:256])
    return unpack(header, np.frombuffer(member[len(header.to_bytes()) :], np.uint8))


def bytes_of(array: np.ndarray) -> bytes:
    header, content = pack(array)
    return header.to_bytes() + bytes(content)


def levelled(rng: Rng, members: Members) -> Members:
    """Put one number in the place of some or all entries of an array."""
    name = pick(rng, [each for each in members if each != MANIFEST])
    array = array_of(members[name]).copy()
    if array.dtype.kind in "fiu" and array.size:
        places = pick(rng, [slice(None), int(rng.integers(array.size))])
        with np.errstate(all="ignore"):
            number = np.array(pick(rng, [0, -1, 1, 1e-300, 1e30, 1e300, 2**40]))
            array.reshape(-1)[places] = number.astype(array.dtype)
    elif array.size > 1:
        array.reshape(-1)[0] = array.reshape(-1)[-1]
    return {**members, name: bytes_of(array)}


def resized(rng: Rng, members: Members) -> Members:
    """Make a dimension shorter or longer in all arrays of an object that have it."""
    manifest, changed = manifest_of(members), dict(members)
    number = int(rng.integers(len(manifest["objects"])))
    record = manifest["objects"][number]
    specs = schema_of_key(record["class_key"]).arrays
    named = sorted(
        {
            size
            for name in record["arrays"]
            for size, _ in specs[name].dimensions
            if size
        }
    )
    if not named:
        return members
    chosen, is_longer = pick(rng, named), rng.random() < 0.5
    for name in record["arrays"]:
        array = array_of(members[f"{number}.{name}.npy"])
        for axis, (size, _) in enumerate(specs[name].dimensions):
            if size == chosen:
                last = array.shape[axis] - 1
                places = [*range(last), *([last, last] if is_longer else [])]
                array = array.take(places if last >= 0 else [], axis)
        changed[f"{number}.{name}.npy"] = bytes_of(array)
    for stated in (record["fitted"], record["parameters"]):
        if type(stated.get(chosen)) is int and rng.random() < 0.5:
            stated[chosen] += 1 if is_longer else -1
    changed[MANIFEST] = spelled(manifest)
    return changed


def edited(rng: Rng, members: Members) -> Members:
    """Change, drop or add something somewhere in the manifest."""
    manifest = manifest_of(members)
    place: Any = manifest
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return {**members, MANIFEST: b"{}"}
        key = pick(rng, keys)
        if not isinstance(place[key], dict | list) or rng.random() < 0.3:
            break
        place = place[key]
    match int(rng.integers(4)):
        case 0 if isinstance(place, dict):
            place[pick(rng, ["x", "note", "weights_", "part", "format"])] = place[key]
        case 1:
            del place[key]
        case 2 if isinstance(place, list):
            place.append(json.loads(json.dumps(place[key])))
        case _:
            place[key] = pick(rng, ODD_VALUES)
    return {**members, MANIFEST: spelled(manifest)}


def misspelled(rng: Rng, members: Members) -> Members:
    """Spoil the manifest as bytes."""
    spoil = pick(rng, [flipped, cut_off, moved, extended])
    return {**members, MANIFEST: spoil(rng, members[MANIFEST])}


OF_BYTES: list[Callable[[Rng, bytes], bytes]] = [
    *(cut_off, flipped, moved, extended, renumbered)
]
OF_MEMBERS: list[Callable[[Rng, Members], Members]] = [
    *(renamed, swapped, dropped, added, reheaded, refilled, edited, edited, misspelled),
    *(levelled, resized),
]
