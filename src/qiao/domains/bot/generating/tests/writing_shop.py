"""The tea shop with a language model at a fake endpoint, over real HTTP, through the bot's own turns."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qiao.domains.bot.api import Bot
from qiao.domains.bot.generating.api import Generating
from qiao.domains.bot.generating.asking import Endpoint
from qiao.domains.bot.generating.contracts import LanguageModelChanges, LanguageModelStatus, LanguageModelUse
from qiao.domains.bot.generating.jobs import register
from qiao.domains.bot.tests.tea_shop import Shop, no_model
from qiao.domains.bot.turn_parts import House
from qiao.domains.conversations.contracts import Message
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database
from qiao.ports.embedder import Embedder
from qiao.ports.llm import LanguageModel
from qiao.ports.testing.llm_endpoint import FakeEndpoint, Request
from qiao.providers.llm_openai import OpenAiModel

KEY = "sk-canary-key-0123456789"


class WritingShop(Shop):
    """`seconds` is what a customer waits at most. The model is switched on by `switch_on`."""

    def __init__(self, database: Database, workspace: Workspace, folder: Path, endpoint: FakeEndpoint, seconds: float) -> None:
        self.endpoint = endpoint
        self._seconds = seconds
        self.typing: list[bool] = []
        super().__init__(database, workspace, folder, no_model)
        register(self.generating, self.jobs)

    def another_bot(self, load: Callable[[], Embedder]) -> Bot:
        def make() -> LanguageModel:
            return OpenAiModel(self.endpoint.url, KEY, "wise-1")

        rooms = House(self.database, self.conversations, self.inboxes, self.routing, self.knowledge)
        endpoint = Endpoint("wise-1", "127.0.0.1", self._seconds, make)
        self.generating = Generating(rooms, self.jobs, endpoint, lambda *what: self.typing.append(what[-1]))
        writing = House(self.database, self.conversations, self.inboxes, self.routing, self.knowledge, self.generating)
        return Bot(writing, self.jobs, load)

    async def switch_on(self, **fields: Any) -> None:
        await self.set_llm(enabled=True, **fields)

    async def set_llm(self, **fields: Any) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            await self.generating.change_settings(scope, LanguageModelChanges(**fields))

    async def log(self) -> list[LanguageModelUse]:
        async with self.database.scope(self.workspace.id) as scope:
            return await self.generating.log(scope, None, 50)

    async def llm_status(self) -> LanguageModelStatus:
        async with self.database.scope(self.workspace.id) as scope:
            return await self.generating.status(scope)

    async def asked_anew(self, text: str, **fields: str) -> Message:
        """A new customer's first question, answered."""
        await self.new_customer(**fields)
        return await self.say(text)

    async def close(self) -> None:
        await self.generating.close()
        await super().close()


def passages_in(request: Request) -> list[str]:
    """The passages of a prompt, in their order."""
    return re.findall(r"passage \[\d+\]\n(.+?)\n~", request.prompt, re.DOTALL)


def quoting(wanted: str, reply: str) -> Callable[[Request], str]:
    """A model that cites the passage that holds `wanted`: `[n]` in its reply becomes that passage's number."""

    def say(request: Request) -> str:
        at = next((at for at, text in enumerate(passages_in(request), start=1) if wanted in text), 0)
        return reply.replace("[n]", f"[{at}]")

    return say
