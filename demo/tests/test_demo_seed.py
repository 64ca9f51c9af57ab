"""The demo workspace on a real database."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from demo.content import LANGS, load_articles, load_company, load_faq
from demo.customers import customers
from demo.seed import PASSWORD, seed
from qiao.channels.registry import load_channels
from qiao.domains.analytics.api import Analytics
from qiao.domains.analytics.subscribers import subscribers as analytics_subscribers
from qiao.domains.bot.flows.book import FlowBook
from qiao.domains.bot.flows.desk import FlowDesk
from qiao.domains.bot.flows.guides import Guides
from qiao.domains.bot.flows.tools.toolbox import Toolbox
from qiao.domains.bot.flows.tools.trying import HttpToolTrials
from qiao.domains.bot.meaning import Meaning
from qiao.domains.commerce.api import Commerce
from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import View
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.knowledge.api import Knowledge
from qiao.domains.people.api import People
from qiao.domains.people.contracts import Credentials, Visit
from qiao.domains.tickets.api import Tickets
from qiao.domains.tickets.contracts import TicketState, TicketView
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import ContactId
from qiao.platform.auth.sealing import Seals
from qiao.platform.blobs.files import Files, open_store
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.facts import Entry
from qiao.ports.commerce import Customer
from qiao.ports.commerce_wishes import SlotQuery

pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
async def house(database, tmp_path_factory):
    files = Files(database, open_store("", tmp_path_factory.mktemp("files")))
    people, contacts = People(database), Contacts(database)
    writer = MessageWriter(database)
    desk = Conversations(database, contacts, writer)

    async def identify(scope, contact_id):
        proven = await contacts.proven(scope, contact_id)
        return Customer(workspace_id=scope.workspace_id, contact_id=contact_id, external_id=proven.external_id)

    manifests = {name: channel.manifest for name, channel in load_channels().items()}
    commerce = Commerce(database, Seals("tests"), identify, None)
    knowledge = Knowledge(database, Jobs(database), files)
    book, toolbox = FlowBook(database, Meaning(lambda: None)), Toolbox(database, commerce, None, None)
    yield SimpleNamespace(
        database=database,
        commerce=commerce,
        bot=SimpleNamespace(flows=FlowDesk(knowledge, book, toolbox, HttpToolTrials(database, toolbox))),
        workspaces=Workspaces(database),
        people=people,
        contacts=contacts,
        inboxes=Inboxes(database, manifests),
        knowledge=knowledge,
        files=files,
        conversations=desk,
        tickets=Tickets(database, contacts, desk, people),
        analytics=Analytics(database, desk, people, Workspaces(database)),
    )
    await writer.stop()


@pytest.fixture(scope="module")
async def report(house):
    # A start that was cut left its workspace behind.
    await house.workspaces.create("lanting-seeding", {"zh": "兰亭茶器", "en": "Lanting Teaware"})
    return await seed(house, now=datetime.now(UTC), subscriber_names=["analytics", "bot"])


@pytest.fixture
async def scope(house, report):
    async with house.database.scope(report.workspace_id) as scope:
        yield scope


async def test_it_is_made_once_whole_and_soon(house, report):
    print(report)
    assert report.made
    assert report.seconds < 60
    again = await seed(house, now=datetime.now(UTC))
    assert (again.made, again.workspace_id, again.inbox_key) == (False, report.workspace_id, report.inbox_key)
    async with house.database.across() as connection:
        rows = await connection.fetch("select slug from workspaces where slug like 'lanting%'")
    assert [row["slug"] for row in rows] == ["lanting"]


async def test_everybody_can_sign_in(house, report):
    visit = Visit("192.0.2.1")
    assert all(PASSWORD in line for line in report.logins)
    for person in load_company().people:
        assert any(person.email in line for line in report.logins)
    for email, role in (("ruolan@lanting.example", "owner"), ("xiaotang@lanting.example", "agent")):
        signed_in = await house.people.sign_in(Credentials(email=email, password=PASSWORD), visit)
        assert signed_in.caller.role == role


async def test_every_faq_and_article_is_published(house, scope, report):
    entries = await house.knowledge.published_entries(scope)
    questions = {(entry.language, entry.title) for entry in entries if entry.kind == "faq"}
    assert questions == {(lang, one.question) for lang in LANGS for one in load_faq(lang)}
    titles = {(entry.language, entry.title) for entry in entries if entry.kind == "article"}
    assert titles == {(lang, one.title) for lang in LANGS for one in load_articles(lang)}
    assert (report.faqs, report.articles) == (len(questions), len(titles))
    bodies = await scope.connection.fetch(
        "select published_body from article_translations where workspace_id = $1", scope.workspace_id
    )
    assert not [row for row in bodies if "(pictures/" in row["published_body"]]
    assert all(one.url for one in await house.knowledge.search(scope, "盖碗", published=True))


async def test_numbers_are_dense(scope, report):
    row = await scope.connection.fetchrow(
        """
select count(*) as n, count(*) filter (where c.last_seq = m.n and m.last = m.n and m.first = 1) as dense,
  min(number) as first, max(number) as last, count(distinct number) as numbers
from conversations c join (select conversation_id, count(*) as n, min(seq) as first, max(seq) as last from messages
  where workspace_id = $1 group by 1) m on m.conversation_id = c.id where c.workspace_id = $1
""",
        scope.workspace_id,
    )
    assert row["n"] == row["dense"] == row["numbers"] == row["last"] == report.conversations
    assert row["first"] == 1
    counter = await scope.connection.fetchval(
        "select last_number from conversation_counters where workspace_id = $1", scope.workspace_id
    )
    assert counter == report.conversations


async def test_times_rise_and_none_lies_ahead(scope):
    wrong = await scope.connection.fetchval(
        """
select count(*) from (select created_at, lag(created_at) over (partition by conversation_id order by seq) as before
  from messages where workspace_id = $1) m where created_at < before or created_at > now()
""",
        scope.workspace_id,
    )
    assert wrong == 0


async def test_the_console_is_lively(house, scope):
    people = await house.people.list(scope)
    views = {}
    for name in ("waiting", "open", "resolved"):
        views[name], _ = await house.conversations.view(scope, View(name=name, person_id=people[0].id, limit=100))
    assert (len(views["waiting"]), len(views["open"])) == (3, 8)
    assert all(one.waiting_since and one.unread >= 2 and one.assignee_id is None for one in views["waiting"])
    assert all(one.assignee_id and one.waiting_since is None and one.preview.author_kind == "agent" for one in views["open"])
    limits = {person.id: person.chat_limit for person in people}
    loads = Counter(one.assignee_id for one in views["open"])
    assert all(loads[person_id] <= limits[person_id] for person_id in loads)
    assert all(one.preview.kind == "text" for one in [*views["waiting"], *views["open"], *views["resolved"]])
    summaries = [await house.conversations.summary(scope, one.id) for one in views["waiting"]]
    assert all(summary["wants"] and summary["tried"] for summary in summaries)


async def test_the_overview_is_believable(house, scope, report):
    overview = await house.analytics.overview(scope, days=31)
    totals = overview.totals
    assert totals.conversations == report.conversations
    assert 0.45 < overview.bot_answer_rate < 0.7
    assert 0.05 < totals.unanswered / totals.conversations < 0.2
    assert totals.bot_answered + totals.handed_over <= totals.conversations
    assert 20 < overview.first_response.median_seconds < 300
    assert overview.resolution.median_seconds > 60
    assert (totals.waiting_now, totals.open_now, totals.online_agents) == (3, 8, 0)
    assert sum(day.conversations for day in overview.by_day) == totals.conversations
    assert sum(1 for day in overview.by_day if day.conversations) >= 30
    assert sum(agent.resolved for agent in overview.agents) > 200
    assert all(agent.first_response_median_seconds for agent in overview.agents if agent.resolved)


async def test_messages_are_found(house, scope):
    assert await house.conversations.search(scope, "转人工")
    assert await house.conversations.search(scope, "gaiwan")


async def test_the_signed_in_customer_has_a_past(house, scope):
    found = await house.contacts.find(scope, "林语桐")
    assert len(found) == 1
    assert found[0].identified
    assert found[0].attributes["订单"] == "6 单"


async def test_the_unanswered_are_listed_with_their_conversations(scope):
    rows = await scope.connection.fetch("select * from bot_unanswered where workspace_id = $1", scope.workspace_id)
    assert len(rows) >= 15
    assert sum(row["count"] for row in rows) >= 60
    assert all(row["count"] >= len(row["examples"]) and row["conversation_ids"] for row in rows)


async def test_tickets_are_of_both_languages_in_every_state_but_the_final_one(house, scope, report):
    tickets, _ = await house.tickets.page(scope, TicketView())
    assert len(tickets) == report.tickets >= 6
    assert {one.state for one in tickets} == {TicketState.OPEN, TicketState.PENDING, TicketState.SOLVED}
    assert {one.subject.isascii() for one in tickets} == {True, False}
    assert [one.number for one in tickets] == sorted((one.number for one in tickets), reverse=True)
    assert [one.created_at for one in tickets] == sorted((one.created_at for one in tickets), reverse=True)


async def test_the_log_holds_nothing_of_the_past(scope):
    names = await scope.connection.fetch("select distinct name from log_events where workspace_id = $1", scope.workspace_id)
    assert {row["name"].split(".")[0] for row in names} == {"people", "inboxes", "knowledge"}


async def test_subscribers_begin_with_the_knowledge(scope):
    begun = await scope.connection.fetch(
        "select c.subscriber, (select name from log_events e where e.workspace_id = $1 and e.position = c.position) as before,"
        " (select name from log_events e where e.workspace_id = $1 and e.position = c.position + 1) as after"
        " from log_cursors c where c.workspace_id = $1",
        scope.workspace_id,
    )
    assert {row["subscriber"] for row in begun} >= {"analytics", "bot"}
    assert all(row["before"].startswith("inboxes.") and row["after"].startswith("knowledge.") for row in begun)


async def test_the_figures_are_those_the_projection_would_have_made(house, scope):
    """Told as facts once more, the seeded conversations give the rows that were written."""
    wanted = await _figures(scope)
    subscriber = analytics_subscribers(house.analytics)[0]
    inside = scope.connection.transaction()
    await inside.start()
    await scope.connection.execute("delete from analytics_conversations where workspace_id = $1", scope.workspace_id)
    for nth, (name, at, fields) in enumerate(await _facts(house, scope), start=1):
        data = msgspec.json.encode(fields).decode()
        entry = Entry(scope.workspace_id, nth, name, scope.workspace_id, None, at, data, None, 0)
        await subscriber.handlers[name](scope, entry)
    made = await _figures(scope)
    await inside.rollback()
    assert made.keys() <= wanted.keys()
    assert len(made) > 40
    assert {key: (made[key], wanted[key]) for key in made if made[key] != wanted[key]} == {}


async def _figures(scope):
    rows = await scope.connection.fetch(
        "select conversation_id, inbox_id, opened_at, status, assignee_id, first_customer_at, bot_replied, bot_zone, handed_over_at,"
        " wait_started_at, first_reply_at, first_reply_by, first_response_seconds, resolved_at, resolution_seconds"
        " from analytics_conversations where workspace_id = $1",
        scope.workspace_id,
    )
    return {row["conversation_id"]: tuple(row.values()) for row in rows}


async def _facts(house, scope):
    """Every twentieth conversation and all that live, as the log would have told them."""
    ids = await scope.connection.fetch(
        "select id from conversations where workspace_id = $1 and (number % 20 = 0 or status <> 'resolved')", scope.workspace_id
    )
    facts = []
    for conversation in await house.conversations.by_ids(scope, [row["id"] for row in ids]):
        new = {"status": "bot", "assignee_id": None, "resolved_at": None, "last_seq": 0}
        opened = {**msgspec.to_builtins(conversation), **new}
        facts.append(("conversations.opened.v1", conversation.created_at, opened))
        page = await house.conversations.messages(scope, conversation.id, limit=200)
        for message in page.items:
            facts += _told(message, conversation.id)
    return facts


def _told(message, conversation_id):
    if message.kind == "text":
        name = "message_received" if message.author.kind == "contact" else "reply_posted"
        return [(f"conversations.{name}.v1", message.created_at, msgspec.to_builtins(message))]
    events = {"handed_over": "waiting", "assigned": "open", "resolved": "resolved"}
    event = (message.content or {}).get("event")
    if message.kind != "event" or event == "ticket_opened":
        return []
    holder = {"assignee_id": message.content["data"]["to_id"]} if event == "assigned" else {}
    fields = {"id": conversation_id, "by": {"kind": "system"}, "status": events[event], **holder}
    return [(f"conversations.{event}.v1", message.created_at, fields)]


async def test_a_customer_s_conversations_go_on_in_order(house, scope):
    found = (await house.contacts.find(scope, "林语桐"))[0]
    counts = await house.conversations.counts_of(scope, [found.id])
    talks = await house.conversations.of_contact(scope, ContactId(found.id))
    assert len(talks) == counts.get(found.id, 0)
    assert all(one.created_at > datetime.now(UTC) - timedelta(days=31) for one in talks)


async def test_every_order_is_in_the_store_and_its_customer_s(house, scope, report):
    people = customers(today=datetime.now(UTC).date())
    assert report.orders == sum(len(one.orders) for one in people)
    rows = await scope.connection.fetch(
        "select id, email from contacts where workspace_id = $1 and email = any($2)",
        scope.workspace_id,
        [one.email for one in people[:5]],
    )
    contacts = {row["email"]: ContactId(row["id"]) for row in rows}
    for one in people[:5]:
        customer = await house.commerce.customer(scope, contacts[one.email])
        found = await house.commerce.orders(customer, 50)
        assert {order.number for order in found} == {order.id for order in one.orders}


async def test_the_signed_in_customer_can_try_everything(house, scope, report):
    row = await scope.connection.fetchrow(
        "select id from contacts where workspace_id = $1 and external_id = 'LT-C00001'", scope.workspace_id
    )
    customer = await house.commerce.customer(scope, ContactId(row["id"]))
    orders = [await house.commerce.order(customer, one.number) for one in await house.commerce.orders(customer)]
    actions = {action for order in orders for action in order.actions}
    assert actions == {"change_address", "return", "exchange", "invoice", "complain"}
    assert any(parcel.events for order in orders for parcel in order.shipments)
    slots = await house.commerce.slots(customer, SlotQuery(limit=50))
    assert {slot.service for slot in slots} == {"showroom", "stove-check"}


async def test_the_store_s_orders_are_in_every_state_and_some_are_late(house, scope):
    rows = await scope.connection.fetch(
        "select status, count(*) as n from commerce_orders where workspace_id = $1 group by 1", scope.workspace_id
    )
    assert {row["status"] for row in rows} >= {"unpaid", "paid", "shipped", "delivered", "returned"}
    late = await scope.connection.fetchval(
        "select count(*) from commerce_shipments where workspace_id = $1 and delivered_at is null and expected_at < now()",
        scope.workspace_id,
    )
    assert late >= 2


async def test_every_flow_that_comes_with_the_program_is_published(house, scope, report):
    flows = await house.bot.flows.all(scope)
    assert report.made
    assert len(flows) == 8
    assert {one.published for one in flows} == {1}


async def test_the_teapot_guide_can_be_read_to_the_end_of_every_way(house, scope, report):
    assert report.made
    guides = Guides()
    (card,) = await guides.all(scope)
    for language in ("zh", "en"):
        found = await guides.read(scope, card.guide.slug[language], language)
        seen, todo = {}, [None]
        while todo:
            step = found.step(todo.pop(), language)
            assert all(part.text and (part.shown is None or part.shown.title) for part in step.parts)
            seen[step.id] = step
            todo += [way.to for way in step.ways if way.to not in seen]
        assert {step.last for step in seen.values()} == {None, "end", "hand_over"}
        pictures = {part.shown.file.url for step in seen.values() for part in step.parts if part.shown}
        assert len(pictures) == 4
