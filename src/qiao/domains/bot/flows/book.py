"""The flows that customers meet, held in memory by workspace, with their phrases and, where there is a model, the phrases' meanings."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct

from qiao.domains.bot.classifying.contracts import IN_SCOPE, Classifier
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.repository import FlowRows
from qiao.domains.bot.flows.shown import LiveFlow
from qiao.domains.bot.flows.triggers import FlowGuess, TriggerIndex
from qiao.domains.bot.meaning import Meaning
from qiao.kit.arrays import Vector
from qiao.kit.errors import QiaoError
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import LOST, Database

LOOK_SECONDS = 1.0
MAX_HELD = 500
MAX_VECTORS = 20_000
MAX_VERSIONS = 500
_log = structlog.get_logger("qiao.bot")


class Shelf(Struct):
    """One workspace's flows as of a mark."""

    mark: int
    flows: Mapping[UUID, LiveFlow]
    index: TriggerIndex
    looked_at: float


class Asked(Protocol):
    """A question as it was looked for."""

    @property
    def vector(self) -> Vector | None:
        """Its meaning, None when it needed none or none could be had."""
        ...


class FlowBook:
    """Safe to call from many tasks. What another process published is met after a second at most."""

    def __init__(self, database: Database, meaning: Meaning, classifier: Classifier | None = None) -> None:
        self._database = database
        self._meaning = meaning
        self._classifier = classifier
        self._shelves: OrderedDict[WorkspaceId, Shelf] = OrderedDict()
        self._versions: OrderedDict[tuple[WorkspaceId, UUID, int], FlowDefinition] = OrderedDict()
        self._vectors: dict[str, Vector] = {}
        self._embedding: set[asyncio.Task[None]] = set()

    async def held(self, workspace_id: WorkspaceId) -> Shelf:
        """The flows that customers of a workspace meet now."""
        shelf = self._shelves.get(workspace_id)
        now = time.monotonic()
        if shelf is not None and now - shelf.looked_at < LOOK_SECONDS:
            return shelf
        async with self._database.scope(workspace_id) as scope:
            rows = FlowRows(scope)
            mark = await rows.mark()
            if shelf is not None and shelf.mark == mark:
                shelf.looked_at = now
                return shelf
            flows = await rows.live() if mark else []
        shelf = Shelf(mark, {flow.id: flow for flow in flows}, TriggerIndex(flows), now)
        self._shelves[workspace_id] = shelf
        self._shelves.move_to_end(workspace_id)
        if len(self._shelves) > MAX_HELD:
            self._shelves.popitem(last=False)
        self._embed(shelf)
        return shelf

    def forget(self, workspace_id: WorkspaceId) -> None:
        """Something was changed here: look again with the next question."""
        shelf = self._shelves.get(workspace_id)
        if shelf is not None:
            shelf.looked_at = 0.0

    async def version(self, workspace_id: WorkspaceId, flow_id: UUID, version: int) -> FlowDefinition | None:
        """A version as it was published; versions never change."""
        key = (workspace_id, flow_id, version)
        found = self._versions.get(key)
        if found is None:
            async with self._database.scope(workspace_id) as scope:
                found = await FlowRows(scope).version(flow_id, version)
            if found is not None:
                self._versions[key] = found
                if len(self._versions) > MAX_VERSIONS:
                    self._versions.popitem(last=False)
        return found

    async def guesses(self, workspace_id: WorkspaceId, text: str, asked: Asked | None = None) -> list[FlowGuess]:
        """Which flows a message may want, the nearest first: by its words, by their meaning, by the workspace's intents.

        `asked` holds what was found of the message already: its meaning is not computed again.
        """
        shelf = await self.held(workspace_id)
        alone = shelf.index.guesses(text)
        if not shelf.flows or (alone and alone[0].exact):
            return alone
        wanted = {one: flow for flow in shelf.flows.values() for one in flow.definition.trigger.intents}
        vector = asked.vector if asked is not None else None
        if asked is None and (self._vectors or wanted):
            vector = await self._meaning.of_question(text)
        near = shelf.index.guesses(text, vector, self._vectors) if vector is not None else alone
        meant = await self._by_intent(workspace_id, text, vector, wanted) if wanted else None
        guess = shelf.index.meant(text, *meant, near) if meant is not None else None
        return near if guess is None else [guess, *(one for one in near if one.flow_id != guess.flow_id)]

    async def _by_intent(
        self, workspace_id: WorkspaceId, text: str, vector: Vector | None, wanted: Mapping[UUID, LiveFlow]
    ) -> tuple[UUID, float] | None:
        """The flow of the likeliest intent and its chance, when it is likely enough for that flow. Whatever is wrong with intents,
        the message is answered without them.
        """
        if self._classifier is None:
            return None
        try:
            guess = next(iter(await self._classifier.classify(workspace_id, text, vector)), None)
        except (QiaoError, asyncpg.PostgresError, *LOST):
            raise
        except Exception:  # noqa: BLE001 - a broken model of intents must not silence the bot
            _log.exception("intents could not be told apart; words decide")
            return None
        flow = wanted.get(guess.intent_id) if guess is not None else None
        if guess is None or flow is None or guess.in_scope < IN_SCOPE:
            return None
        return (flow.id, guess.probability) if guess.probability >= flow.definition.trigger.intent_probability else None

    async def settle(self) -> None:
        """Wait until the meanings that are being computed are there."""
        await asyncio.gather(*self._embedding)

    def _embed(self, shelf: Shelf) -> None:
        missing = [text for text in shelf.index.texts if text not in self._vectors]
        if missing and len(self._vectors) + len(missing) <= MAX_VECTORS:
            task = asyncio.create_task(self._compute(missing), name="flow phrases")
            self._embedding.add(task)
            task.add_done_callback(self._embedding.discard)

    async def _compute(self, texts: list[str]) -> None:
        try:
            vectors = await self._meaning.of_texts(texts)
        except Exception as error:  # noqa: BLE001 - without meanings the words decide
            _log.warning("phrases of flows have no meaning", error=f"{type(error).__name__}: {error}")
            return
        if vectors is not None:
            self._vectors = {**self._vectors, **dict(zip(texts, vectors, strict=True))}
