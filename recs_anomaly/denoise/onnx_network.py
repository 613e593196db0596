"""The denoising network as onnxruntime runs it: the graph of `network.py`, no Keras."""

from itertools import pairwise
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession, SessionOptions

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.settings import WIDTHS, Planes

# Of the oldest releases that read what is written here.
OPSET, IR_VERSION = 17, 8
KEPT_SIZE = {"pads": [1] * 4}
HALVED = {"strides": [2, 2]}
HALVED_WIDELY = {"strides": [2, 2], "pads": [2] * 4}


class OnnxNetwork:
    """A network that names the noise in a batch, run by onnxruntime.

    Parameters
    ----------
    weights : ndarray of shape (n_weights,)
    planes : Planes
        Those that it sees and cleans.
    """

    is_compiled_by_shape = False

    def __init__(self, weights: Singles, planes: Planes) -> None:
        options = SessionOptions()
        with one_blas_thread() as n_usual:
            options.intra_op_num_threads = n_usual
        # Idle threads would turn in circles, which takes a third more processor time.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # What the largest call took would be kept for all time.
        options.enable_cpu_mem_arena = False
        self._session = InferenceSession(
            denoising_graph(weights, planes).SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
        )

    def __call__(self, batch: Singles) -> Singles:
        """Return the noise over its level (n_images, height, width, n_cleaned)."""
        found: Singles = self._session.run(None, {"noisy_and_sigma": batch})[0]
        return found


def denoising_graph(weights: Singles, planes: Planes) -> ModelProto:
    """Return the network that has these weights, in the order in which Keras has them.

    Images have their planes last, as in Keras.
    """
    graph = _Graph(weights)
    features = graph.node("Transpose", ["noisy_and_sigma"], perm=[0, 3, 1, 2])
    features = graph.down(features, 6, 2 * planes.n_seen, WIDTHS[0], **HALVED_WIDELY)
    skips = []
    for width, deeper in pairwise(WIDTHS):
        features = graph.residual(features, width)
        skips.append(features)
        features = graph.down(features, 2, width, deeper, **HALVED)
    for _ in range(2):
        features = graph.residual(features, WIDTHS[-1])
    for deeper, width in pairwise(WIDTHS[::-1]):
        features = graph.up(features, 2, deeper, width, **HALVED)
        features = graph.node("Add", [features, skips.pop()])
        features = graph.residual(features, width)
    features = graph.up(features, 6, WIDTHS[0], planes.n_cleaned, **HALVED_WIDELY)
    noise = graph.node("Transpose", [features], perm=[0, 2, 3, 1])
    return graph.model(noise, planes)


class _Graph:
    """Nodes of a graph, and the weights that they have taken."""

    def __init__(self, weights: Singles) -> None:
        self._left = np.asarray(weights, np.float32)
        self._nodes: list[NodeProto] = []
        self._tensors: list[TensorProto] = []

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node; return the name of what it gives."""
        output = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def down(
        self, features: str, side: int, n_in: int, n_out: int, **attributes: Any
    ) -> str:
        """Add a convolution."""
        kernel = self._taken((side, side, n_in, n_out)).transpose(3, 2, 0, 1)
        tensors = self._named(kernel, self._taken((n_out,)))
        return self.node("Conv", [features, *tensors], **attributes)

    def up(
        self, features: str, side: int, n_in: int, n_out: int, **attributes: Any
    ) -> str:
        """Add a transposed convolution."""
        kernel = self._taken((side, side, n_out, n_in)).transpose(3, 2, 0, 1)
        tensors = self._named(kernel, self._taken((n_out,)))
        return self.node("ConvTranspose", [features, *tensors], **attributes)

    def residual(self, features: str, width: int) -> str:
        """Add to the features what two convolutions make of them."""
        inner = self.down(features, 3, width, width, **KEPT_SIZE)
        inner = self.node("Relu", [inner])
        outer = self.down(inner, 3, width, width, **KEPT_SIZE)
        return self.node("Add", [features, outer])

    def model(self, output: str, planes: Planes) -> ModelProto:
        """Return the whole, which gives what the last node does."""
        assert not self._left.size  # the graph is that of the weights
        value = helper.make_tensor_value_info
        size = ["n_images", "height", "width"]
        graph = helper.make_graph(
            self._nodes,
            "denoising_network",
            [value("noisy_and_sigma", TensorProto.FLOAT, [*size, 2 * planes.n_seen])],
            [value(output, TensorProto.FLOAT, [*size, planes.n_cleaned])],
            self._tensors,
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)

    def _taken(self, shape: tuple[int, ...]) -> Singles:
        taken, self._left = np.split(self._left, [int(np.prod(shape))])
        return taken.reshape(shape)

    def _named(self, *arrays: Singles) -> list[str]:
        names = [f"weights_{len(self._tensors) + i}" for i in range(len(arrays))]
        self._tensors += map(numpy_helper.from_array, arrays, names)
        return names
