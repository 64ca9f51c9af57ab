"""What agents ask of the language model: whose conversation it is about, whether it may be asked, and the conversation's lines."""

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from qiao.domains.bot.generating.asking import Asking
from qiao.domains.bot.generating.contracts import AgentText, Errand, LanguageModelSettings
from qiao.domains.bot.generating.rows import GeneratingRows
from qiao.domains.bot.turn_parts import House
from qiao.domains.conversations.contracts import AuthorKind, Conversation, Message, MessageKind
from qiao.kit.ids import ConversationId, WorkspaceId

if TYPE_CHECKING:
    from qiao.domains.bot.generating.texts import Texts

AGENT_SECONDS = 3.0
"""How many times longer an agent waits than a customer: they asked for it and see that it works."""
_READ_MESSAGES = 60
_LINE = 500
_NAMES = {AuthorKind.CONTACT: "customer", AuthorKind.BOT: "assistant"}


class AgentTexts:
    """Never raises because of the model: a text that does not come says why."""

    def __init__(self, rooms: House, asking: Asking | None) -> None:
        if asking is not None:
            from qiao.domains.bot.generating.texts import Texts  # noqa: PLC0415 - a desk without a model need not read it

            self._texts = Texts(asking)
        self._rooms = rooms
        self._database = rooms.database
        self._asking = asking

    async def rewrite(
        self, workspace_id: WorkspaceId, text: str, tone: str, person_id: UUID | None = None, conversation_id: UUID | None = None
    ) -> AgentText:
        """A draft in another tone: same figures, names and links, no promise that was not there. Raises ConversationNotFound."""
        errand = await self._errand(workspace_id, person_id, conversation_id)
        return errand if isinstance(errand, AgentText) else await errand.texts.rewrite(workspace_id, text, tone, errand.of)

    async def translate(
        self,
        workspace_id: WorkspaceId,
        text: str,
        target: str,
        person_id: UUID | None = None,
        conversation_id: UUID | None = None,
    ) -> AgentText:
        """A text in another language, with every name, number and link as it was. Raises ConversationNotFound."""
        errand = await self._errand(workspace_id, person_id, conversation_id)
        return errand if isinstance(errand, AgentText) else await errand.texts.translate(workspace_id, text, target, errand.of)

    async def summarise(
        self, workspace_id: WorkspaceId, conversation_id: UUID, language: str | None = None, person_id: UUID | None = None
    ) -> AgentText:
        """A conversation in three lines; the customer's words are told as claims, notes left out. Raises ConversationNotFound."""
        errand = await self._errand(workspace_id, person_id, conversation_id)
        if isinstance(errand, AgentText):
            return errand
        async with self._database.scope(workspace_id) as scope:
            conversation = await self._rooms.conversations.get(scope, ConversationId(conversation_id))
            page = await self._rooms.conversations.messages(scope, conversation.id, limit=_READ_MESSAGES)
        lines = "\n".join(_line(one) for one in page.items if one.kind == MessageKind.TEXT and one.text.strip())
        return await errand.texts.summarise(workspace_id, lines, language or conversation.language or "zh", errand.of)

    async def _errand(
        self, workspace_id: WorkspaceId, person_id: UUID | None, conversation_id: UUID | None
    ) -> "_Errand | AgentText":
        async with self._database.scope(workspace_id) as scope:
            rooms = self._rooms.conversations
            conversation = await rooms.get(scope, ConversationId(conversation_id)) if conversation_id else None
            settings = await GeneratingRows(scope).settings() if self._asking else LanguageModelSettings()
        if self._asking is None or not settings.enabled:
            return AgentText(outcome="switched_off" if self._asking else "not_configured")
        errand = Errand(
            settings=settings,
            seconds=self._asking.endpoint.seconds * AGENT_SECONDS,
            known=known_of(conversation) if conversation else (),
            person_id=person_id,
            conversation_id=conversation_id,
        )
        return _Errand(self._texts, errand)


class _Errand(NamedTuple):
    texts: "Texts"
    of: Errand


def known_of(conversation: Conversation) -> list[str]:
    """What is known of the customer and must not leave."""
    contact = conversation.contact
    return [one for one in (contact.name, contact.email) if one]


def _line(message: Message) -> str:
    who = _NAMES.get(message.author.kind, "agent")
    return f"{who}: {' '.join(message.text.split())[:_LINE]}"
