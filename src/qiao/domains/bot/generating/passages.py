"""What an answer may be written from: the question as asked, and published entries as they are now. Pure."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.contracts import CandidateView
from qiao.domains.bot.generating.contracts import Source, TriedAnswer, Written
from qiao.domains.bot.generating.prompts import MAX_PASSAGE
from qiao.domains.knowledge.contracts import PublishedEntry

MAX_PASSAGES = 4


class Asked(Struct, frozen=True, kw_only=True):
    """A question with all that may be known of it. `earlier`: the same customer's questions before, oldest first; `known`: their name,
    addresses and numbers, which are masked wherever they stand.
    """

    question: str
    earlier: Sequence[str]
    language: str
    known: Sequence[str] = ()
    conversation_id: UUID | None = None


class Passage(Struct, frozen=True):
    """A published entry and the text of it that is shown to the model."""

    entry: PublishedEntry
    text: str

    @property
    def source(self) -> Source:
        """As an answer names it."""
        entry = self.entry
        return Source(entry_id=entry.id, version=entry.version, kind=entry.kind, title=entry.title, url=entry.url)


def passages_of(candidates: Sequence[CandidateView], published: Sequence[PublishedEntry]) -> list[Passage]:
    """The best candidates that are published now, in the order of the candidates, one passage an entry."""
    entries = {entry.id: entry for entry in published}
    wanted = [one for one in candidates if one.entry_id in entries][:MAX_PASSAGES]
    return [Passage(entries[one.entry_id], _text(entries[one.entry_id], one.matched)) for one in wanted]


def _text(entry: PublishedEntry, matched: str) -> str:
    parts = [entry.title, entry.answer]
    # What was matched comes from the index, which may be a moment behind: only what the entry still says is shown.
    if entry.kind == "article" and matched in entry.texts and matched not in entry.answer:
        parts.insert(1, matched)
    return "\n".join(parts)[:MAX_PASSAGE]


def written_of(tried: TriedAnswer) -> Written | None:
    """The answer when it may be shown."""
    return Written(tried.text, tried.sources) if tried.outcome == "used" and tried.sources else None
