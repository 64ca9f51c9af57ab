"""A form is shown, filled in without JavaScript, stored at the door of providers, and answered on the customer's own page."""

import asyncio
import re
from html.parser import HTMLParser

import msgspec
import pytest

from qiao.channels.registry import load_channels
from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.domains.tickets.contracts import TicketChanges, TicketState, TicketView
from qiao.ports.channel import OutboundMessage, Sent
from qiao.ports.channel_form import ShowsForm

pytestmark = pytest.mark.database

FIELDS = [
    {"key": "email", "label": {"zh": "邮箱", "en": "E-mail"}, "type": "email", "required": True},
    {
        "key": "about",
        "label": {"zh": "关于", "en": "About"},
        "type": "choice",
        "choices": [
            {"value": "order", "label": {"zh": "订单", "en": "An order"}},
            {"value": "other", "label": {"zh": "其他", "en": "Else"}},
        ],
    },
    {
        "key": "number",
        "label": {"zh": "订单号", "en": "Order number"},
        "required": True,
        "show_if": {"key": "about", "equals": "order"},
    },
    {"key": "message", "label": {"zh": "问题", "en": "Question"}, "type": "textarea", "required": True},
    {"key": "files", "label": {"zh": "附件", "en": "Files"}, "type": "file"},
]
GIVEN = {"f_email": "yutong@example.com", "f_about": "order", "f_number": "1001", "f_message": "壶 <b>漏水</b>"}


class Page(HTMLParser):
    """What a browser finds in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.names: list[str] = []
        self.action = ""
        self.text = text
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        self.action = given.get("action", self.action) if tag == "form" else self.action
        if tag in {"input", "textarea", "select"}:
            self.names.append(given["name"])
        if given.get("type") == "hidden":
            self.hidden[given["name"]] = given["value"]


@pytest.fixture(autouse=True)
async def _nobody_has_sent_anything(house):
    """The tests of this file come from one address and share a database."""
    async with house.database.across() as connection:
        await connection.execute("delete from attempts")


@pytest.fixture(autouse=True)
def _quick(monkeypatch, house):
    """Tests fill in faster than people, and an installation that serves has a secret key."""
    name = next(name for name, channel in house.channels.items() if isinstance(channel, ShowsForm))
    monkeypatch.setattr(f"qiao.channels.{name}.stamps.MIN_SECONDS", 0)
    settings = msgspec.structs.replace(house.settings, secret_key="the secret key of this test")
    monkeypatch.setattr(house.accounts, "_house", msgspec.structs.replace(house.accounts._house, settings=settings))


@pytest.fixture
async def inbox(house, workspace):
    name = next(name for name, channel in load_channels().items() if isinstance(channel, ShowsForm))
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=name, name="售后表单"))
        changes = InboxChanges(settings={"fields": FIELDS, "allowed_origins": ["https://shop.example"]})
        return await house.inboxes.change(scope, inbox.id, changes)


@pytest.fixture
async def browser(door):
    return await door()


@pytest.fixture
async def page(browser, inbox):
    return Page((await browser.get(f"/form/{inbox.key}?lang=zh")).text)


async def send(browser, page, given=GIVEN, files=None):
    return await browser.post(page.action, data={**page.hidden, **given}, files=files or {"f_files": ("", b"")})


async def test_the_page_shows_what_is_asked_in_the_reader_s_language(browser, inbox):
    chinese = await browser.get(f"/form/{inbox.key}", headers={"Accept-Language": "zh-CN"})
    english = await browser.get(f"/form/{inbox.key}", headers={"Accept-Language": "en"})
    assert "订单号" in chinese.text
    assert "Order number" in english.text
    assert Page(chinese.text).names == ["stamp", "website", "f_email", "f_about", "f_number", "f_message", "f_files"]
    assert chinese.headers["cache-control"] == "no-store"


async def test_only_the_named_sites_may_put_it_into_theirs(browser, inbox, house, workspace):
    policy = (await browser.get(f"/form/{inbox.key}")).headers["content-security-policy"]
    assert "frame-ancestors https://shop.example" in policy
    assert "form-action 'self'" in policy
    async with house.database.scope(workspace.id) as scope:
        await house.inboxes.change(scope, inbox.id, InboxChanges(settings={"fields": FIELDS, "allowed_origins": []}))
    assert "frame-ancestors *" in (await browser.get(f"/form/{inbox.key}")).headers["content-security-policy"]


async def test_what_was_sent_is_a_conversation_and_the_answer_is_on_the_customer_s_page(browser, page, house, workspace, inbox):
    answer = await send(browser, page, files={"f_files": ("壶.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png")})
    assert answer.status_code == 303
    assert "已收到" in (await browser.get(answer.headers["location"])).text
    await house.reception.drain(workspace.id)
    async with house.database.across() as connection:
        row = await connection.fetchrow("select * from conversations where workspace_id = $1", workspace.id)
    async with house.database.scope(workspace.id) as scope:
        (message,) = (await house.conversations.messages(scope, row["id"], limit=10)).items
        account = await house.accounts.account(scope, inbox.id)
        route = await house.reception.route(scope, row["id"])
    assert message.content["type"] == "form"
    assert message.content["fields"] == {"邮箱": "yutong@example.com", "关于": "订单", "订单号": "1001", "问题": "壶 <b>漏水</b>"}
    reply = OutboundMessage(key="k1", conversation_id=row["id"], to=route.address, text="换一个 <i>给您</i>")
    channel = house.accounts.channel(inbox)
    for _ in range(2):
        assert isinstance(await channel.send(reply, account, house.accounts.wire(account)), Sent)
    own = Page((await browser.get(answer.headers["location"])).text)
    # In the company's own time.
    assert re.search(r'<time datetime="[^"]+\+08:00"', own.text)
    assert own.text.count("换一个 &lt;i&gt;给您&lt;/i&gt;") == 1
    more = await browser.post(own.action, data={**own.hidden, "f_message": "好的"})
    assert more.status_code == 303
    await house.reception.drain(workspace.id)
    async with house.database.scope(workspace.id) as scope:
        items = (await house.conversations.messages(scope, row["id"], limit=10)).items
    assert [one.text for one in items][-1] == "好的"


async def test_a_form_that_makes_tickets_shows_its_customer_the_number_and_the_state(browser, house, workspace, inbox):
    async with house.database.scope(workspace.id) as scope:
        await house.inboxes.change(scope, inbox.id, InboxChanges(settings={"fields": FIELDS, "makes": "ticket"}))
    sent = await send(browser, Page((await browser.get(f"/form/{inbox.key}?lang=zh")).text))
    early = (await browser.get(sent.headers["location"])).text
    # Until it is read, the page looks again by itself, a few times.
    assert "?thanks=2&amp;lang=zh" in early
    assert "T-1001" not in early
    assert "refresh" not in (await browser.get(sent.headers["location"].replace("thanks=1", "thanks=9"))).text
    await house.reception.drain(workspace.id)
    own = (await browser.get(sent.headers["location"])).text
    assert re.search("工单号 T-1001</strong> .*处理中", own)
    assert "refresh" not in own
    async with house.database.scope(workspace.id) as scope:
        (ticket,), _ = await house.tickets.page(scope, TicketView())
        kinds = await house.tickets.types(scope)
    assert ticket.fields == {"email": "yutong@example.com", "about": "order", "number": "1001"}
    assert [one.key for one in kinds[1].fields] == ["email", "about", "number"]
    assert (ticket.subject, ticket.contact.name) == ("联系我们", "yutong@example.com")
    more = await browser.post(Page(own).action, data={**Page(own).hidden, "f_message": "再说一句"})
    await house.reception.drain(workspace.id)
    assert "T-1001" in (await browser.get(more.headers["location"].replace("lang=zh", "lang=en"))).text
    async with house.database.scope(workspace.id) as scope:
        changes = TicketChanges(version=ticket.version, state=TicketState.SOLVED)
        await house.tickets.change(scope, ticket.id, changes, Author(AuthorKind.AGENT))
    assert "Solved" in (await browser.get(more.headers["location"].replace("lang=zh", "lang=en"))).text
    async with house.database.scope(workspace.id) as scope:
        assert len((await house.tickets.page(scope, TicketView()))[0]) == 1


async def test_a_form_that_makes_conversations_makes_no_ticket(browser, page, house, workspace):
    sent = await send(browser, page)
    await house.reception.drain(workspace.id)
    own = (await browser.get(sent.headers["location"])).text
    assert "refresh" not in own
    assert "T-1001" not in own


async def test_what_is_wrong_is_said_and_nothing_that_was_entered_is_lost(browser, page):
    answer = await send(browser, page, {**GIVEN, "f_email": "nobody", "f_number": " "})
    assert answer.status_code == 422
    assert "请填写有效的邮箱地址" in answer.text
    assert "这一项必须填写" in answer.text
    assert "壶 &lt;b&gt;漏水&lt;/b&gt;" in answer.text
    # Asked for only with an order: without one it is not missed.
    assert (await send(browser, page, {**GIVEN, "f_about": "other", "f_number": ""})).status_code == 303


async def test_twice_the_same_is_one_message(browser, page, house, workspace):
    await asyncio.gather(*(send(browser, page) for _ in range(3)))
    await house.reception.drain(workspace.id)
    async with house.database.across() as connection:
        assert await connection.fetchval("select count(*) from messages where workspace_id = $1", workspace.id) == 1


async def test_who_falls_into_the_trap_hears_thanks_and_nothing_is_stored(browser, page, house, workspace):
    answer = await send(browser, page, {**GIVEN, "website": "https://spam.example"})
    assert answer.status_code == 303
    async with house.database.across() as connection:
        assert await connection.fetchval("select count(*) from receipts where workspace_id = $1", workspace.id) == 0


async def test_a_forged_stamp_and_a_flood_are_refused(browser, page):
    forged = {**page.hidden, "stamp": page.hidden["stamp"][:-1] + ("0" if page.hidden["stamp"][-1] != "0" else "1")}
    assert (await browser.post(page.action, data={**forged, **GIVEN}, files={"f_files": ("", b"")})).status_code == 422
    ends = [(await send(browser, page, {**GIVEN, "f_message": f"{number}"})).status_code for number in range(8)]
    assert ends == [303] * 6 + [429] * 2


@pytest.mark.parametrize("place", ["/form/nobody", "/form/{key}/aa.bb", "/form/{chat}"])
async def test_nowhere_is_told_as_such(browser, inbox, house, workspace, place):
    name = next(name for name, channel in load_channels().items() if not isinstance(channel, ShowsForm))
    async with house.database.scope(workspace.id) as scope:
        chat = await house.inboxes.create(scope, NewInbox(channel=name, name="x"))
    answer = await browser.get(place.format(key=inbox.key, chat=chat.key))
    assert answer.status_code == 404
    assert not re.search(r"Traceback|detail", answer.text)


async def test_a_provider_s_call_without_the_page_s_stamp_is_refused(browser, inbox):
    assert (await browser.post(f"/in/{inbox.key}", content=b'{"stamp": "x"}')).status_code == 403
