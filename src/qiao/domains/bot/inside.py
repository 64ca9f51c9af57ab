"""What agents alone may read: their own index, asked with what was already found for everyone. Nothing here is for a customer."""

from msgspec.structs import replace

from qiao.domains.bot.finding import Found, choose_from, views_of
from qiao.domains.bot.index_holder import IndexHolder
from qiao.domains.bot.meaning import Meaning
from qiao.kit.ids import WorkspaceId


class Inside:
    """Finds internal entries. Safe to call from many tasks."""

    def __init__(self, holder: IndexHolder, meaning: Meaning) -> None:
        self._holder = holder
        self._meaning = meaning

    async def find(self, workspace_id: WorkspaceId, found: Found, language: str) -> Found | None:
        """What internal knowledge has to say to a question, with candidates marked `internal`; None when there is none.

        `found` is what everyone's knowledge said; its question and meaning are used again, so that this costs a search at most.
        """
        held = await self._holder.held(workspace_id)
        part = held.internal
        if not len(part.index):
            return None
        read = part.index.read_pinyin(found.used_question)
        used = read or found.used_question
        vector = found.vector if found.vector is not None and read is None else await self._meaning.of_question(used)
        decision = choose_from(part.index, held.limits(language), used, vector, language)
        candidates = [replace(one, internal=True) for one in views_of(part.known, decision.candidates)]
        return replace(found, decision=decision, candidates=candidates, used_question=used)


def together(found: Found, inside: Found | None) -> Found:
    """Both as one: the decision and the first candidates are those of whichever is surer, everyone's where they are equal."""
    if inside is None:
        return found
    first, then = (inside, found) if inside.decision.confidence > found.decision.confidence else (found, inside)
    return replace(found, decision=first.decision, candidates=[*first.candidates, *then.candidates])
