"""Which language model words answers. Its client is read with the first request of it, so a desk without one never pays."""

from urllib.parse import urlsplit

from qiao.domains.bot.generating.asking import Endpoint
from qiao.platform.settings import Settings
from qiao.ports.llm import LanguageModel


def endpoint_of(settings: Settings) -> Endpoint | None:
    """The endpoint of QIAO_LLM_URL; None without one."""
    if not settings.llm_url:
        return None

    def make() -> LanguageModel:
        from qiao.providers.llm_openai import OpenAiModel  # noqa: PLC0415 - a desk without a model need not read it

        return OpenAiModel(settings.llm_url, settings.llm_key, settings.llm_model)

    return Endpoint(settings.llm_model, urlsplit(settings.llm_url).hostname or "", settings.llm_seconds, make)
