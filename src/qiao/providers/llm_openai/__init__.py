"""Any endpoint that speaks OpenAI's chat completions: hosted ones, gateways, and models on one's own machines.

The promise is `qiao.ports.llm.LanguageModel`. The key goes into one header of requests to the configured address and nowhere else.
Importing this reads the HTTP client; the composition root does so when the first answer is written.
"""

from qiao.providers.llm_openai.client import OpenAiModel

__all__ = ["OpenAiModel"]
