"""A small tea shop on a real database: what it knows, a customer who asks, and the bot that answers."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from qiao.channels.registry import load_channels
from qiao.domains.bot.api import Bot
from qiao.domains.bot.contracts import BotSettingsChanges, BotTurn, Trial, TryRequest
from qiao.domains.bot.jobs import register
from qiao.domains.bot.subscribers import subscribers
from qiao.domains.bot.turn_parts import House
from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Contact, ContactFields
from qiao.domains.conversations.api import Conversations, contact_author
from qiao.domains.conversations.contracts import Conversation, Message, NewConversation, NewMessage, Status
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import Inbox, InboxChanges, NewInbox
from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Audience, Faq, FaqChanges, NewArticle, NewFaq, TranslationText, entry_id_of
from qiao.domains.people.api import People
from qiao.domains.people.contracts import NewPerson, Person, Role
from qiao.domains.routing.api import Routing
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.errors import Unavailable
from qiao.kit.ids import ConversationId
from qiao.platform.blobs.files import Files, open_store
from qiao.platform.db.database import Database
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.runner import SubscriberRunner
from qiao.ports.embedder import Embedder

FAQS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("zh", "怎么退货？", "签收后 **7 天内**可以退货，在订单页点“申请退货”。", ("不喜欢可以退吗", "我想退掉买的茶", "退货流程")),
    ("zh", "怎么换货？", "15 天内可以换一次货。", ("买错了想换一款", "能换别的吗", "换货要什么条件")),
    ("zh", "运费怎么算？", "满 199 元包邮，不满收 12 元。", ("邮费多少钱", "包邮吗", "运费多少")),
    ("zh", "龙井茶怎么保存？", "密封放冰箱冷藏。", ("绿茶要放冰箱吗", "龙井怎么存放")),
    ("zh", "普洱茶怎么保存？", "放在阴凉通风处，不要密封。", ("茶饼受潮怎么办", "普洱怎么存放")),
    ("zh", "可以开发票吗？", "可以，电子发票会发到您的邮箱。", ("怎么开票", "能开专票吗")),
    ("en", "How do I return an order?", "You can return it within **7 days**.", ("I want my money back", "Can I send it back?")),
    ("en", "Do you ship abroad?", "Yes, to 40 countries in 7 to 12 days.", ("shipping to Canada", "international delivery")),
)


def no_model() -> Embedder:
    raise Unavailable("no model in this test")


class Shop:
    """The shop's rooms in one hand. `say` has the customer write and everything that follows done."""

    def __init__(self, database: Database, workspace: Workspace, folder: Path, load: Callable[[], Embedder]) -> None:
        self.database, self.workspace = database, workspace
        self.jobs = Jobs(database)
        self.people = People(database)
        self.contacts = Contacts(database)
        self.writer = MessageWriter(database)
        self.conversations = Conversations(database, self.contacts, self.writer)
        self.inboxes = Inboxes(database, {name: one.manifest for name, one in load_channels().items()})
        self.routing = Routing(database, self.conversations, self.people, Workspaces(database))
        self.knowledge = Knowledge(database, self.jobs, Files(database, open_store("", folder)))
        self.bot = self.another_bot(load)
        register(self.bot, self.jobs)
        self.runner = SubscriberRunner(database, subscribers(self.bot))
        self.faqs: dict[str, Faq] = {}
        self.inbox: Inbox
        self.customer: Contact
        self.talk: Conversation

    def another_bot(self, load: Callable[[], Embedder]) -> Bot:
        """A bot as another process would have it: the same database, an index of its own."""
        return Bot(House(self.database, self.conversations, self.inboxes, self.routing, self.knowledge), self.jobs, load)

    async def open(self) -> None:
        async with self.database.across() as connection:
            # What the tests before left to be done later is nobody's any more.
            await connection.execute("delete from pgqueuer")
        async with self.database.scope(self.workspace.id) as scope:
            self.inbox = await self.inboxes.create(scope, NewInbox(channel="webchat", name="官网"))
            for language, question, answer, variants in FAQS:
                new = NewFaq(language=language, question=question, answer=answer, variants=list(variants), publish=True)
                self.faqs[question] = await self.knowledge.faqs.create(scope, new, None)
        await self.new_customer()

    async def new_customer(self, **fields: str) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            self.customer = await self.contacts.create(scope, ContactFields(**fields))
        new = NewConversation(inbox_id=self.inbox.id, contact_id=self.customer.id, status=Status.BOT)
        self.talk = await self.conversations.find_or_open(self.workspace.id, new)

    async def write(self, text: str, option: UUID | None = None) -> Message:
        content = {"type": "option", "entry_id": str(option)} if option else None
        message = NewMessage(
            conversation_id=self.talk.id,
            author=contact_author(self.customer),
            text=text,
            client_id=uuid4().hex,
            content=content,
        )
        return (await self.conversations.post(self.workspace.id, message)).message

    async def settle(self) -> None:
        """Everything the log and the jobs have to do is done."""
        await self.runner.drain(self.workspace.id)
        await self.jobs.drain()

    async def say(self, text: str, option: UUID | None = None) -> Message:
        """The customer writes, the bot takes its turn; its last text."""
        message = await self.write(text, option)
        await self.bot.take_turn(self.workspace.id, self.talk.id, message.seq)
        return (await self.replies())[-1]

    async def messages(self) -> list[Message]:
        async with self.database.scope(self.workspace.id) as scope:
            return (await self.conversations.messages(scope, self.talk.id, limit=100)).items

    async def replies(self) -> list[Message]:
        return [one for one in await self.messages() if one.author.kind == "bot" and one.kind == "text"]

    async def status(self) -> Status:
        async with self.database.scope(self.workspace.id) as scope:
            return (await self.conversations.get(scope, self.talk.id)).status

    async def turns(self) -> list[BotTurn]:
        async with self.database.scope(self.workspace.id) as scope:
            return await self.bot.turns(scope, ConversationId(self.talk.id))

    async def try_(self, question: str, *previous: str) -> Trial:
        return await self.bot.try_question(self.workspace.id, TryRequest(question=question, previous=list(previous)))

    async def publish(self, question: str, answer: str, language: str = "zh", **fields: object) -> Faq:
        async with self.database.scope(self.workspace.id) as scope:
            new = NewFaq(language=language, question=question, answer=answer, publish=True, **fields)
            return await self.knowledge.faqs.create(scope, new, None)

    async def change_faq(self, faq: Faq, **fields: object) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            await self.knowledge.faqs.change(scope, faq.id, FaqChanges(**fields), None)

    async def publish_article(self, title: str, body: str, language: str = "zh", audience: Audience = "everyone") -> UUID:
        async with self.database.scope(self.workspace.id) as scope:
            article = await self.knowledge.articles.create(scope, NewArticle(audience=audience))
            text = TranslationText(title=title, body=body)
            await self.knowledge.articles.save(scope, (article.id, language), text, None)
            await self.knowledge.articles.publish(scope, article.id, language)
        return entry_id_of(article.id, language)

    async def set_bot(self, **fields: object) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            await self.bot.change_settings(scope, BotSettingsChanges(**fields))

    async def set_inbox(self, **fields: object) -> None:
        async with self.database.scope(self.workspace.id) as scope:
            await self.inboxes.change(scope, self.inbox.id, InboxChanges(**fields))

    async def come_to_work(self) -> Person:
        """An agent who is online."""
        async with self.database.scope(self.workspace.id) as scope:
            new = NewPerson(name="周宁", email=f"{uuid4().hex[:8]}@shop.example", role=Role.AGENT)
            person = await self.people.create_person(scope, new)
            await self.people.connected(scope, person.id)
        return person

    async def close(self) -> None:
        await self.writer.stop()
        self.bot.close()
