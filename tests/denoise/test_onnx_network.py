"""The denoiser answers without TensorFlow and Keras, as it does with them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recs_anomaly import ImageDenoiser, save
from recs_anomaly.denoise import applying
from recs_anomaly.denoise.keras_model import KerasNetwork
from recs_anomaly.denoise.onnx_network import OnnxNetwork
from recs_anomaly.denoise.settings import (
    COLOURS,
    FIRST_OF_COLOURS,
    GREY,
    Planes,
    brightness_weights,
    pretrained_weights,
    shared_weights,
)
from recs_anomaly.exceptions import MissingExtraError
from tests.service.running import running

WEIGHTS = {
    GREY: pretrained_weights,
    COLOURS: shared_weights,
    FIRST_OF_COLOURS: brightness_weights,
}
SIGMA = 25
# Python and the command line, where neither library can be imported.
PROGRAM = """
import sys
for name in ("keras", "tensorflow"):
    sys.modules[name] = None
import numpy as np
from recs_anomaly import ImageDenoiser, load
from recs_anomaly.cli import main

noisy = np.load("noisy.npy")
np.save("shipped.npy", ImageDenoiser.from_pretrained("gray").predict(noisy))
np.save("loaded.npy", load("own.recs").predict(noisy))
low, high = load("own.recs").predict_interval(noisy)
assert (low < high).all()
main(["denoise", "noisy.npy", "command.npy"])
"""


@pytest.fixture
def noisy(rng: np.random.Generator) -> np.ndarray:
    clean = np.tile(np.linspace(60, 200, 96), (80, 1))
    return clean + SIGMA * rng.standard_normal(clean.shape)


@pytest.mark.parametrize("planes", WEIGHTS)
@pytest.mark.parametrize("shape", [(1, 64, 40), (3, 8, 16)])
def test_the_network_is_that_of_keras(
    planes: Planes, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    weights = WEIGHTS[planes]()
    batch = rng.random((*shape, 2 * planes.n_seen), np.float32)
    batch[..., planes.n_seen :] *= 0.2
    ours = OnnxNetwork(weights, planes)(batch)
    theirs = KerasNetwork(weights, planes)(batch)
    assert ours.shape == theirs.shape == (*shape, planes.n_cleaned)
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(theirs).max())


def test_pictures_are_cleaned_where_keras_is_missing(
    noisy: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "noisy.npy", noisy)
    save(ImageDenoiser.from_pretrained("gray"), tmp_path / "own.recs")
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, check=True)
    monkeypatch.setattr(applying, "network_class", lambda: KerasNetwork)
    applying._built_once.cache_clear()
    by_keras = ImageDenoiser.from_pretrained("gray").predict(noisy)
    applying._built_once.cache_clear()
    assert np.std(by_keras - noisy) > SIGMA / 2
    for name in ("shipped", "loaded", "command"):
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(found, by_keras, atol=1e-5 * np.ptp(noisy))


def test_the_service_cleans_a_picture_without_keras(
    noisy: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "noisy.png"
    Image.fromarray(np.rint(noisy.clip(0, 255)).astype(np.uint8)).save(path)
    with running(tmp_path / "service", denoiser=True) as service:
        url = "/v1/denoisers/denoiser/clean"
        answer = service.client.post(url, content=path.read_bytes())
        assert service.stop() == 0
        assert "left: set()" in service.complaints
    assert answer.status_code == 200
    assert float(answer.headers["X-Noise-Sigma"]) == pytest.approx(SIGMA, rel=0.1)
    cleaned = tmp_path / "cleaned.png"
    cleaned.write_bytes(answer.content)
    rows = np.asarray(Image.open(cleaned)).astype(float)
    assert np.std(rows - rows.mean(axis=0)) < SIGMA / 4


@pytest.mark.parametrize("missing", [{"onnx"}, {"onnxruntime"}])
def test_keras_where_onnx_is_missing(
    missing: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "find_spec", lambda name: name not in missing)
    assert applying.network_class() is KerasNetwork


@pytest.mark.parametrize("missing", ["keras", "tensorflow jax"])
def test_what_is_missing_is_named(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {"onnx", *missing.split()}
    monkeypatch.setattr(applying, "find_spec", lambda name: name not in gone)
    with pytest.raises(MissingExtraError, match="needs TensorFlow or ONNX Runtime"):
        applying.network_class()
