"""The pages of guides as views: the list, and one step at a time. Everything a reader has chosen stands in the address."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from qiao.domains.bot.api import GuideCard, Guides, GuideStep, OpenGuide
from qiao.domains.knowledge.api import HelpCentre
from qiao.domains.knowledge.contracts import LANGUAGES, Language
from qiao.domains.knowledge.errors import KnowledgeNotFound
from qiao.platform.db.database import Scope
from qiao.portal.visit import View, Visit, shown

_ON_HOME = 6
_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")
_TITLE = 60


class Asked(Struct, frozen=True, kw_only=True):
    """What an address asks for: a guide, a step of it (none: the first), the steps on the way there, whether it has helped."""

    name: str
    step: str | None = None
    via: str = ""
    solved: bool = False


class GuidePages:
    """Makes views. Raises KnowledgeNotFound for what is not published, and for steps that a guide does not have."""

    def __init__(self, guides: Guides, centre: HelpCentre) -> None:
        self._guides = guides
        self._centre = centre

    async def listing(self, scope: Scope, visit: Visit) -> View:
        """Every guide."""
        return View(
            template="guides.html.j2",
            title=visit.say("guides"),
            description=visit.say("guides.lead"),
            values={"guides": [_link(visit, card) for card in await self._guides.all(scope)]},
            addresses={language: visit.guide(language=language) for language in LANGUAGES},
        )

    async def step(self, scope: Scope, visit: Visit, asked: Asked) -> View:
        """One step of a guide."""
        found, step, place = await self._place(scope, visit, asked)
        parts = [
            {"html": (await self._centre.reading(_LINE_END.sub("  \n", part.text))).html, "shown": _shown(part.shown)}
            for part in step.parts
        ]
        title = shown(found.guide.title, visit.language)
        return View(
            template="guide.html.j2",
            title=title if place.is_first else f"{_short(step)} · {title}",
            description=shown(found.guide.summary, visit.language),
            values={
                "guide": title,
                "is_first": place.is_first,
                "parts": parts,
                "ways": [(way.label, place.to(way.to)) for way in step.ways],
                "last": step.last,
                "solved": asked.solved,
                "here": place.here,
                "back": place.back,
                "first": place.to(found.flow.graph.start),
                "list": visit.guide(),
                "chat": visit.chat.address if visit.chat else None,
                "flow_id": str(found.flow_id),
                "words": shown(found.flow.button, visit.language),
                "switch": place.in_language(visit.other),
            },
            addresses={language: visit.guide(found.guide.slug[language], language=language) for language in LANGUAGES},
        )

    async def solved(self, scope: Scope, visit: Visit, asked: Asked, voter: bytes | None) -> str:
        """Count that a guide's last step solved it (`voter` None: not counted) and give the address of the page that thanks."""
        found, step, place = await self._place(scope, visit, asked)
        if step.last != "end":
            raise KnowledgeNotFound("this step ends nothing")
        if voter is not None:
            await self._guides.solved(scope, found.flow_id, voter)
        return f"{place.here}{'&' if '?' in place.here else '?'}solved=1#solved"

    async def _place(self, scope: Scope, visit: Visit, asked: Asked) -> "tuple[OpenGuide, GuideStep, _Place]":
        found = await self._guides.read(scope, asked.name, visit.language)
        step = found.step(asked.step, visit.language) if found is not None else None
        if found is None or step is None:
            raise KnowledgeNotFound("no such step")
        return found, step, _Place(visit, found, step.id, _trail(found, asked.via, step.id))

    async def links(self, scope: Scope, visit: Visit) -> Mapping[str, Any]:
        """The first few for the help centre's home, and whether there are more."""
        cards = await self._guides.all(scope)
        return {
            "cards": [_link(visit, card) for card in cards[:_ON_HOME]],
            "more": visit.guide() if len(cards) > _ON_HOME else None,
        }

    async def found(self, scope: Scope, visit: Visit, query: str) -> Sequence[Mapping[str, Any]]:
        """Guides that a question is about."""
        return [_link(visit, card) for card in await self._guides.search(scope, query, visit.language)]

    async def places(self, scope: Scope, visit: Visit) -> list[tuple[str, str]]:
        """(address, day) of every guide, for search engines."""
        cards = await self._guides.all(scope)
        listed = [(visit.guide(language=language), "") for language in LANGUAGES if cards]
        return listed + [
            (visit.guide(card.guide.slug[language], language=language), card.published_at.date().isoformat())
            for card in cards
            for language in LANGUAGES
        ]


class _Place:
    """Where a reader stands, with the way there: a step gone back to takes the rest of the way off again."""

    def __init__(self, visit: Visit, found: OpenGuide, step: str, trail: list[str]) -> None:
        self._visit, self._found, self._step, self._trail = visit, found, step, trail
        self.is_first = step == found.flow.graph.start
        self.here = self._address(step, trail)
        self.back = self._address(trail[-1], trail[:-1]) if trail else None

    def to(self, step: str) -> str:
        way = [*self._trail, self._step]
        return self._address(step, way[: way.index(step)] if step in way else way)

    def in_language(self, language: Language) -> str:
        return self._address(self._step, self._trail, language)

    def _address(self, step: str, trail: list[str], language: Language | None = None) -> str:
        slug = self._found.guide.slug[language or self._visit.language]
        names = (slug,) if step == self._found.flow.graph.start else (slug, step)
        return self._visit.guide(*names, language=language, via=".".join(trail))


def _trail(found: OpenGuide, via: str, step: str) -> list[str]:
    """The steps on the way, as far as an address may be believed."""
    known = {node.id for node in found.flow.graph.nodes} - {step}
    return [name for name in dict.fromkeys(via.split(".")) if name in known]


def _link(visit: Visit, card: GuideCard) -> dict[str, Any]:
    return {
        "kind": "guide",
        "title": shown(card.guide.title, visit.language),
        "excerpt": shown(card.guide.summary, visit.language),
        "url": visit.guide(card.guide.slug[visit.language]),
        "lang": None,
    }


def _shown(media: Any) -> dict[str, Any] | None:
    if media is None:
        return None
    file, link = media.file, media.link
    kind = "link" if file is None else "picture" if file.content_type.startswith("image/") else "video"
    site = (urlsplit(link).hostname or "").removeprefix("www.") if link else ""
    return {"kind": kind, "title": media.title, "file": file, "link": link, "site": site}


def _short(step: GuideStep) -> str:
    """What a step is about, for the name of its page: how its last text begins, as plain words."""
    text = " ".join(re.sub(r"[*_`#>\[\]]|\(https?:[^)]*\)", "", step.parts[-1].text).split()) if step.parts else step.id
    return text if len(text) <= _TITLE else text[:_TITLE].rstrip() + "…"
