"""What the bot does about facts: it answers what customers write, and learns what is published."""

from collections.abc import Sequence

from qiao.domains.bot.api import Bot
from qiao.domains.bot.assist.promise_facts import promise_keeper
from qiao.domains.conversations.events import Carried, MessageReceived
from qiao.domains.knowledge.events import ArticleChanged, FaqChanged
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import LATER, Subscriber


def subscribers(bot: Bot) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def received(scope: Scope, entry: Entry) -> None:
        if entry.seq is not None:
            await bot.message_received(scope, ConversationId(entry.subject), entry.seq)

    async def with_the_bot(scope: Scope, entries: Sequence[Entry]) -> Sequence[Entry]:
        theirs = await bot.its_own(scope, {entry.subject for entry in entries})
        # A machine is not answered by a machine: two of them would never end.
        return [entry for entry in entries if entry.subject in theirs and not entry.read(Carried).automatic]

    async def article(scope: Scope, _entry: Entry) -> None:
        await bot.knowledge_changed(scope)

    async def faq(scope: Scope, entry: Entry) -> None:
        await bot.knowledge_changed(scope)
        fact = entry.read(FaqChanged)
        await bot.experiments.entry_changed(scope, fact.id)
        if fact.from_unanswered is not None:
            await bot.answered(scope, fact.from_unanswered)

    return [
        Subscriber("bot.answer", {MessageReceived.wire_name: received}, together=with_the_bot),
        promise_keeper(bot.promises),
        Subscriber("bot.index", {FaqChanged.wire_name: faq, ArticleChanged.wire_name: article}, pace=LATER),
    ]
