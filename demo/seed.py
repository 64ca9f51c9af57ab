"""Makes the demo workspace: a bilingual tea shop with its people, its knowledge and thirty days of conversations.

All of it is one transaction, so it is there whole or not at all; a workspace that a killed start left behind is empty and is taken away.
The past is not in the log, so no subscriber acts on it again; what the log holds are the people, the inbox and the knowledge, from which
the bot learns as from any other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import perf_counter

from demo.content import LANGS, Company, FaqEntry, Lang, Person, Role, Text, load_company, load_faq
from demo.conversations import conversations
from demo.customers import Customer, customers
from demo.scripts import load_repertoire
from demo.seeding.guides import fill_guides
from demo.seeding.house import House, SeedReport
from demo.seeding.knowledge import Published, fill_knowledge
from demo.seeding.orders import fill_store
from demo.seeding.outcomes import watch
from demo.seeding.rows import Told
from demo.seeding.shoppers import Shopper, welcome
from demo.seeding.staff import PASSWORD, Staff, hire, name_bot, open_inbox, shown_name
from demo.seeding.storing import list_unanswered, notify, store
from demo.seeding.telling import Desk, tell
from demo.seeding.tickets import make_tickets
from demo.talk import DemoConversation
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.workspaces.contracts import Workspace, WorkspaceChanges
from qiao.domains.workspaces.errors import WorkspaceNotFound
from qiao.platform.db.database import Scope

__all__ = ["PASSWORD", "House", "SeedReport", "seed"]

_UNFINISHED = "-seeding"
_HOLD_BACK = timedelta(seconds=5)
_SEED = 2026
_SEEDS = 12
_ROLES: Mapping[Role, Text] = {
    "owner": Text(zh="所有者", en="Owner"),
    "admin": Text(zh="管理员", en="Admin"),
    "supervisor": Text(zh="主管", en="Supervisor"),
    "agent": Text(zh="客服", en="Agent"),
    "editor": Text(zh="编辑", en="Editor"),
    "viewer": Text(zh="只读", en="Viewer"),
}


async def seed(house: House, *, now: datetime, subscriber_names: Sequence[str] = ()) -> SeedReport:
    """The demo workspace as of `now` (aware). Made once: later calls change nothing and say where it is. Takes some seconds.

    The subscribers named begin with the knowledge: what was set up before it is nobody's news.
    """
    began = perf_counter()
    company = load_company()
    existing = await _find(house, company.slug)
    if existing is not None:
        async with house.database.scope(existing.id) as scope:
            inbox = (await house.inboxes.all(scope))[0]
        return _report(company, existing, inbox, made=False)
    await _clear_away(house, company.slug + _UNFINISHED)
    workspace = await house.workspaces.create(
        company.slug + _UNFINISHED,
        {"zh": company.name.zh, "en": company.name.en},
        default_locale=company.default_locale,
        timezone=company.timezone,
    )
    async with house.database.scope(workspace.id) as scope:
        staff = await hire(house, scope, company, now)
        inbox = await open_inbox(house, scope, company)
        await name_bot(scope, company)
        editor = next(person for person in company.people if person.role == "editor")
        published = await fill_knowledge(house, scope, company, staff.people[editor.email])
        people = customers(today=now.date())
        shoppers = await welcome(scope, people)
        orders = await fill_store(house, scope, people, (shoppers, now))
        told = await _tell_past(scope, _Shop(company, staff, inbox, published), (people, shoppers), now - _HOLD_BACK)
        agent = next(person for person in company.people if person.role == "agent")
        tickets = await make_tickets(house, scope, told, staff.people[agent.email], shown_name(agent))
        await house.bot.flows.install(scope, publish=True)
        await fill_guides(house, scope, staff.people[editor.email])
        await house.workspaces.change(scope, WorkspaceChanges(slug=company.slug))
        await _begin_with_knowledge(scope, subscriber_names)
    return _report(
        company,
        workspace,
        inbox,
        made=True,
        seconds=round(perf_counter() - began, 2),
        contacts=len(shoppers),
        conversations=len(told),
        messages=sum(len(one.messages) for one in told),
        faqs=len(published.entries),
        articles=published.articles,
        orders=orders,
        tickets=tickets,
    )


class _Shop:
    def __init__(self, company: Company, staff: Staff, inbox: Inbox, published: Published) -> None:
        self.company, self.staff, self.inbox, self.published = company, staff, inbox, published


async def _tell_past(
    scope: Scope, shop: _Shop, crowd: tuple[Sequence[Customer], dict[str, Shopper]], now: datetime
) -> list[Told]:
    people, shoppers = crowd
    repertoires = {lang: load_repertoire(lang) for lang in LANGS}
    desk = Desk(
        company=shop.company,
        inbox_id=shop.inbox.id,
        staff=shop.staff,
        shoppers=shoppers,
        entries=shop.published.entries,
        pools={lang: repertoires[lang].pools for lang in LANGS},
    )
    told = [tell(desk, one, number) for number, one in enumerate(_past(people, shop.company, now), start=1)]
    await store(scope, told)
    await watch(scope, told)
    await list_unanswered(scope, told, [(lang, one) for lang in LANGS for one in repertoires[lang].unknown])
    await notify(scope, told, {one.id: one.name for one in shoppers.values()})
    return told


async def _begin_with_knowledge(scope: Scope, subscriber_names: Sequence[str]) -> None:
    before = next((nth for nth, fact in enumerate(scope.facts) if fact.name.startswith("knowledge.")), len(scope.facts))
    await scope.connection.execute(
        "insert into log_cursors (workspace_id, subscriber, position) select $1, name, h.position + $3"
        " from unnest($2::text[]) as s(name), log_heads h where h.workspace_id = $1"
        " on conflict (workspace_id, subscriber) do update set position = excluded.position",
        scope.workspace_id,
        list(subscriber_names),
        before,
    )


def _login(person: Person) -> str:
    role = _ROLES[person.role]
    return f"{role.en:<11}{role.zh}\t{person.email:<26}{PASSWORD}   {shown_name(person)}"


def _past(people: Sequence[Customer], company: Company, now: datetime) -> list[DemoConversation]:
    """The conversations, of the first of some seeds with which no customer has two unresolved at a time."""
    faq: Mapping[Lang, tuple[FaqEntry, ...]] = {lang: load_faq(lang) for lang in LANGS}
    told: list[DemoConversation] = []
    for number in range(_SEEDS):
        told = list(conversations(people, company.answering(), faq, now, seed=_SEED + number))
        if len(_one_at_a_time(told)) == len(told):
            break
    return _one_at_a_time(told)


def _one_at_a_time(told: list[DemoConversation]) -> list[DemoConversation]:
    """Without a customer's second unresolved conversation, which the desk would not have opened."""
    living: set[str] = set()
    kept: list[DemoConversation] = []
    for one in told:
        if one.closed_at is None and one.customer_email in living:
            continue
        if one.closed_at is None:
            living.add(one.customer_email)
        kept.append(one)
    return kept


async def _find(house: House, slug: str) -> Workspace | None:
    try:
        return await house.workspaces.by_slug(slug)
    except WorkspaceNotFound:
        return None


async def _clear_away(house: House, slug: str) -> None:
    """Take away the workspace of a start that was cut: its transaction left nothing in it but what `create` makes."""
    unfinished = await _find(house, slug)
    if unfinished is None:
        return
    async with house.database.scope(unfinished.id) as scope:
        for statement in (
            "delete from log_cursors where workspace_id = $1",
            "delete from conversation_counters where workspace_id = $1",
            "delete from log_heads where workspace_id = $1",
            "delete from workspaces where id = $1",
        ):
            await scope.connection.execute(statement, unfinished.id)


def _report(company: Company, workspace: Workspace, inbox: Inbox, *, made: bool, **figures: float) -> SeedReport:
    counts = {name: int(value) for name, value in figures.items() if name != "seconds"}
    return SeedReport(
        workspace_id=workspace.id,
        slug=company.slug,
        made=made,
        inbox_key=inbox.key,
        password=PASSWORD,
        logins=tuple(_login(person) for person in company.people),
        seconds=figures.get("seconds", 0.0),
        contacts=counts.get("contacts", 0),
        conversations=counts.get("conversations", 0),
        messages=counts.get("messages", 0),
        faqs=counts.get("faqs", 0),
        articles=counts.get("articles", 0),
        orders=counts.get("orders", 0),
        tickets=counts.get("tickets", 0),
    )
