"""Guides: published flows that customers also read in the help centre, step by step, without a conversation.

A step is what the bot would say in one turn: everything up to the next question, or to the end. Reading one stores nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from qiao.domains.bot.flows.contracts import AskNode, EndNode, FlowDefinition, HandOverNode, Node, SayNode
from qiao.domains.bot.flows.guide_faults import Shelf, media_of
from qiao.domains.bot.flows.running import Shown
from qiao.domains.bot.flows.written import Guide, MediaFile, Text
from qiao.kit.text import retrieval_terms
from qiao.platform.blobs.files import known_files
from qiao.platform.db.database import Scope

Language = Literal["zh", "en"]
_ENOUGH = 0.6
"""Which share of a question's terms a guide must hold to be found by it."""
_LIVE = (
    "from bot_flows f join bot_flow_versions v on v.workspace_id = f.workspace_id and v.flow_id = f.id and v.version = f.published"
    " where f.workspace_id = $1 and jsonb_typeof(v.definition -> 'guide') = 'object'"
)
_CARDS = (
    "select f.id, v.definition -> 'guide' as guide, v.definition -> 'trigger' -> 'phrases' as phrases, v.created_at as published_at"
    f" {_LIVE} and f.enabled order by f.created_at, f.id limit 100"
)
_ONE = (
    f"select f.id, v.definition, v.created_at as published_at {_LIVE} and f.enabled"
    " and v.definition -> 'guide' -> 'slug' ->> $2 = $3 order by f.created_at, f.id limit 1"
)
_SOLVED = "insert into bot_guide_ends (workspace_id, flow_id, voter) values ($1, $2, $3) on conflict do nothing"
_PICTURES = (
    "select distinct (jsonb_path_query(draft, '$.graph.nodes[*].media.file.id') #>> '{}')::uuid as id"
    " from bot_flows where workspace_id = $1"
)
_TAKEN = f"select v.definition -> 'guide' -> 'slug' as slug {_LIVE} and f.id <> $2"


class GuideCard(Struct, frozen=True, kw_only=True):
    """A guide in a list."""

    flow_id: UUID
    guide: Guide
    phrases: Mapping[str, Sequence[str]]
    published_at: datetime


class OpenGuide(Struct, frozen=True, kw_only=True):
    """A guide to be read."""

    flow_id: UUID
    guide: Guide
    flow: FlowDefinition
    published_at: datetime

    def step(self, name: str | None, language: Language) -> "GuideStep | None":
        """The step that begins with a node, or the first; None where there is none of that name."""
        return step_of(self.flow, name if name is not None else self.flow.graph.start, language)


class GuidePart(Struct, frozen=True):
    """Something said, in Markdown, and what is shown with it."""

    text: str
    shown: Shown | None


class Way(Struct, frozen=True):
    """An answer, and the step it leads to."""

    label: str
    to: str


class GuideStep(Struct, frozen=True, kw_only=True):
    """One step. Without ways it is the last: the matter is settled (`end`), or a person is needed (`hand_over`)."""

    id: str
    parts: tuple[GuidePart, ...]
    ways: tuple[Way, ...]
    last: Literal["end", "hand_over"] | None


class Guides:
    """Reads what is published and switched on, of the workspace of the scope alone."""

    async def all(self, scope: Scope) -> list[GuideCard]:
        """Every guide, the oldest first."""
        rows = await scope.connection.fetch(_CARDS, scope.workspace_id)
        return [
            GuideCard(
                flow_id=row["id"],
                guide=msgspec.convert(row["guide"], Guide),
                phrases=row["phrases"] or {},
                published_at=row["published_at"],
            )
            for row in rows
        ]

    async def search(self, scope: Scope, query: str, language: Language) -> list[GuideCard]:
        """Those that hold most of what a question is made of, the nearest first."""
        wanted = set(retrieval_terms(query))
        if not wanted:
            return []
        near = [(len(wanted & _terms(card, language)) / len(wanted), card) for card in await self.all(scope)]
        return [card for share, card in sorted(near, key=lambda one: -one[0]) if share >= _ENOUGH]

    async def read(self, scope: Scope, slug: str, language: Language) -> OpenGuide | None:
        """The guide at an address of the help centre."""
        row = await scope.connection.fetchrow(_ONE, scope.workspace_id, language, slug.replace("\x00", "\ufffd"))
        if row is None:
            return None
        flow = msgspec.convert(row["definition"], FlowDefinition)
        return OpenGuide(flow_id=row["id"], guide=_guide(flow), flow=flow, published_at=row["published_at"])

    async def solved(self, scope: Scope, flow_id: UUID, voter: bytes) -> None:
        """Somebody says that a guide has solved it; once a voter."""
        await scope.connection.execute(_SOLVED, scope.workspace_id, flow_id, voter)

    async def pictures(self, scope: Scope) -> list[UUID]:
        """The files that flows show, drafts too."""
        return [row["id"] for row in await scope.connection.fetch(_PICTURES, scope.workspace_id)]

    async def shelf(self, scope: Scope, flow_id: UUID, flow: FlowDefinition) -> Shelf:
        """What a draft's media and addresses are checked against."""
        named = [media.file.id for node in flow.graph.nodes if (media := media_of(node)) and media.file]
        rows: list[Any] = await scope.connection.fetch(_TAKEN, scope.workspace_id, flow_id) if flow.guide else []
        taken = {(language, slug) for row in rows for language, slug in row["slug"].items()}
        stored = await known_files(scope, named) if named else {}
        return Shelf(files={one: MediaFile(**structs.asdict(file)) for one, file in stored.items()}, taken=taken)


def step_of(flow: FlowDefinition, start: str, language: Language) -> GuideStep | None:
    """The step that begins with a node; None where there is no such node, or one that only the chat can take. Pure."""
    nodes = {node.id: node for node in flow.graph.nodes}
    passed = list(_until_answer(nodes, start))
    if not passed or isinstance(passed[-1], SayNode):
        return None
    last = passed[-1]
    ways = [Way(_in(one.label, language), one.next or last.next) for one in last.choices] if isinstance(last, AskNode) else []
    parts = (GuidePart(_in(_words(node), language), _shown(node, language)) for node in passed)
    return GuideStep(
        id=start,
        parts=tuple(part for part in parts if part.text or part.shown),
        ways=tuple(ways),
        last=None if isinstance(last, AskNode) else "end" if isinstance(last, EndNode) else "hand_over",
    )


def _until_answer(nodes: Mapping[str, Node], start: str) -> Iterator[SayNode | AskNode | EndNode | HandOverNode]:
    """From a node on, as far as nothing is asked. A published flow says nothing in circles; a tampered one ends at its own length."""
    following = nodes.get(start)
    for _ in nodes:
        if not isinstance(following, SayNode | AskNode | EndNode | HandOverNode):
            return
        yield following
        if not isinstance(following, SayNode):
            return
        following = nodes.get(following.next)


def _words(node: SayNode | AskNode | EndNode | HandOverNode) -> Text | None:
    return node.prompt if isinstance(node, AskNode) else node.text


def _shown(node: Node, language: Language) -> Shown | None:
    media = media_of(node)
    return Shown(title=_in(media.title, language), file=media.file, link=media.link) if media else None


def _in(text: Text | None, language: Language) -> str:
    return (text or {}).get(language, "").strip()


def _guide(flow: FlowDefinition) -> Guide:
    assert flow.guide is not None  # noqa: S101 - the query asked for it
    return flow.guide


def _terms(card: GuideCard, language: Language) -> set[str]:
    guide = card.guide
    said = (guide.title.get(language, ""), guide.summary.get(language, ""), *card.phrases.get(language, ()))
    return {term for text in said for term in retrieval_terms(text)}
