"""The look at what was learned: clusters with drafts and concerns about entries, worked out in a background job and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from qiao.domains.bot.index_holder import EntrySource
from qiao.domains.bot.learning.clustering import MOST, Asked, Group, cluster
from qiao.domains.bot.learning.contracts import DraftAnswer
from qiao.domains.bot.learning.contrasting import Known, concerns
from qiao.domains.bot.learning.drafting import AgentReply, draft
from qiao.domains.bot.learning.watching import words_of
from qiao.domains.bot.meaning import Meaning, text_hash
from qiao.domains.bot.repository.learning import LearningRows, asked_of, before_of
from qiao.domains.bot.repository.vectors import VectorRows
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import AuthorKind, Message, MessageKind
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.knowledge.contracts import PublishedEntry
from qiao.kit.arrays import Vector
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.db.database import Database, Scope

REVIEW_DAYS = 180
THUMBS_OF = timedelta(days=90)
EMBEDDED_AT_ONCE = 2_000
DRAFTED = 60
"""How many clusters are drafted in one look: the most asked."""
_TALKS = 6
_MESSAGES = 80
_REPLIES = 4
_SLICE = 32
_ON_TOPIC = 0.34
_log = structlog.get_logger("qiao.bot.learning")


class Looking:
    """One a process. A look may be repeated and cut: what it keeps is replaced whole."""

    def __init__(self, database: Database, source: EntrySource, conversations: Conversations, meaning: Meaning) -> None:
        self._database = database
        self._source = source
        self._conversations = conversations
        self._meaning = meaning

    async def look(self, workspace_id: WorkspaceId) -> None:
        """Work out clusters, drafts and concerns anew."""
        await self._cluster(workspace_id)
        await self._compare(workspace_id)

    async def _cluster(self, workspace_id: WorkspaceId) -> None:
        model = await self._meaning.version()
        async with self._database.scope(workspace_id) as scope:
            rows = await LearningRows(scope).open_questions(MOST)
        asked = await self._with_meaning(workspace_id, asked_of(rows, model), model)
        groups = await asyncio.to_thread(cluster, asked, before_of(rows))
        by_id = {row["id"]: row for row in rows}
        async with self._database.scope(workspace_id) as scope:
            drafts = await LearningRows(scope).drafts([one.id for one in groups])
        written: dict[UUID, DraftAnswer] = {}
        for group in groups[:DRAFTED]:
            old = drafts.get(group.id)
            if old is None or not old.answer or by_id[group.members[0]]["last_at"] > utc_now() - timedelta(days=7):
                written[group.id] = await self._drafted(workspace_id, [by_id[one] for one in group.members], group)
        async with self._database.scope(workspace_id) as scope:
            await LearningRows(scope).keep_clusters(groups, {row["id"]: row["last_at"] for row in rows}, written)

    async def _with_meaning(self, workspace_id: WorkspaceId, asked: Sequence[Asked], model: str | None) -> list[Asked]:
        """The same with the meaning of those that came without, the most asked first, as many as one look may embed."""
        without = [one for one in asked if one.vector is None][:EMBEDDED_AT_ONCE] if model else []
        found: dict[UUID, Vector] = {}
        for at in range(0, len(without), _SLICE):
            part = without[at : at + _SLICE]
            vectors = await self._meaning.of_texts([one.question for one in part])
            if vectors is None:
                break
            found |= {one.id: vector for one, vector in zip(part, vectors, strict=True)}
        if found and model:
            async with self._database.scope(workspace_id) as scope:
                await LearningRows(scope).keep_vectors(model, found)
        return [
            one
            if one.id not in found
            else Asked(id=one.id, question=one.question, language=one.language, count=one.count, vector=found[one.id])
            for one in asked
        ]

    async def _drafted(self, workspace_id: WorkspaceId, members: Sequence[Any], group: Group) -> DraftAnswer:
        questions = list(dict.fromkeys([group.name, *(one for row in members for one in (row["question"], *row["examples"]))]))
        talks = list(dict.fromkeys(talk for row in members for talk in row["conversation_ids"]))[:_TALKS]
        replies: list[AgentReply] = []
        for talk in talks:
            async with self._database.scope(workspace_id) as scope:
                replies += await self._replies(scope, ConversationId(talk), questions, group.language)
        return draft(questions, replies)

    async def _replies(self, scope: Scope, talk: ConversationId, questions: Sequence[str], language: str) -> list[AgentReply]:
        try:
            conversation = await self._conversations.get(scope, talk)
        except ConversationNotFound:
            return []
        page = await self._conversations.messages(scope, talk, limit=_MESSAGES)
        agents = {one.author.name for one in page.items if one.author.kind is AuthorKind.AGENT and one.author.name}
        names = frozenset(agents | ({conversation.contact.name} if conversation.contact.name else set()))
        text = "\n".join(one.text for one in replies_to(page.items, questions))
        return [AgentReply(conversation_id=talk, text=text, language=language, names=names)] if text else []

    async def _compare(self, workspace_id: WorkspaceId) -> None:
        model = await self._meaning.version()
        now = utc_now()
        async with self._database.scope(workspace_id) as scope:
            rows = LearningRows(scope)
            state = await rows.state()
            published = await self._source.published_entries(scope, internal=True)
            vectors = await VectorRows(scope).all(model) if model else {}
            thumbs, reviewed = await rows.thumbs(now - THUMBS_OF), await rows.reviewed()
        days = state["review_days"] if state else REVIEW_DAYS
        known = [known_of(one, vectors, thumbs, reviewed) for one in published]
        found = await asyncio.to_thread(concerns, known, now, timedelta(days=days))
        async with self._database.scope(workspace_id) as scope:
            rows = LearningRows(scope)
            await rows.keep_concerns(found)
            await rows.looked(days)
        _log.info("looked at what was learned", entries=len(known), concerns=len(found))


def known_of(
    one: PublishedEntry,
    vectors: Mapping[bytes, Vector],
    thumbs: Mapping[UUID, tuple[int, int]],
    reviewed: Mapping[UUID, datetime],
) -> Known:
    """A published entry as it is compared."""
    up, down = thumbs.get(one.id, (0, 0))
    return Known(
        id=one.id,
        kind=one.kind,
        audience=one.audience,
        language=one.language,
        title=one.title,
        texts=one.texts,
        vectors=tuple(vectors.get(text_hash(text)) for text in one.texts),
        answer=one.answer if one.kind == "faq" else "\n".join(one.texts),
        version=one.version,
        updated_at=one.updated_at,
        helpful=up,
        unhelpful=down,
        reviewed_at=reviewed.get(one.id),
    )


def replies_to(messages: Sequence[Message], questions: Sequence[str]) -> list[Message]:
    """The agents' replies that follow the customer's message nearest to the questions, until the customer asks on. Pure."""
    asked = [one for one in messages if one.author.kind is AuthorKind.CONTACT and one.kind is MessageKind.TEXT and one.text]
    wanted = [words_of(one) for one in questions]
    nearest = max(asked, key=lambda one: (_nearness(words_of(one.text), wanted), one.seq), default=None)
    if nearest is None:
        return []
    found: list[Message] = []
    for one in (one for one in messages if one.seq > nearest.seq and one.kind is MessageKind.TEXT):
        if one.author.kind is AuthorKind.AGENT and one.text:
            found.append(one)
        elif one.author.kind is AuthorKind.CONTACT and found and _nearness(words_of(one.text), wanted) < _ON_TOPIC:
            break
    return found[:_REPLIES]


def _nearness(words: frozenset[str], wanted: Sequence[frozenset[str]]) -> float:
    return max((len(words & one) / max(1, len(words | one)) for one in wanted), default=0.0)
