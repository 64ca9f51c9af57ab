"""The visitor's face over HTTP: one token, one conversation, nothing that is not for the customer."""

from uuid import uuid4

import pytest

from qiao.domains.conversations.contracts import Author, AuthorKind, MessageKind, NewMessage, Status
from qiao.domains.conversations.visitors import Sending, SessionRequest
from qiao.domains.inboxes.contracts import Hours, InboxChanges, NewInbox
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, new_id
from qiao.platform.auth.signing import sign_proof

pytestmark = pytest.mark.database

AGENT = Author(AuthorKind.AGENT, new_id(), "周宁")


class Shop:
    """An inbox, and visitors at its door."""

    def __init__(self, house, workspace, door) -> None:
        self.house, self.workspace, self.database, self.door = house, workspace, house.database, door

    async def begin(self) -> None:
        async with self.scope() as scope:
            name = next(iter(self.house.channels))
            self.inbox = await self.house.inboxes.create(scope, NewInbox(channel=name, name="官网"))
            self.key = (await self.house.identity_keys.add(scope, self.inbox.id)).secret

    def scope(self):
        return self.database.scope(self.workspace.id)

    async def change(self, **changes) -> None:
        async with self.scope() as scope:
            await self.house.inboxes.change(scope, self.inbox.id, InboxChanges(**changes))

    async def visit(self, **request):
        http = await self.door()
        answer = await http.post("/visitor/v1/sessions", json={"inbox_key": self.inbox.key, **request})
        assert answer.status_code == 200, answer.text
        session = answer.json()
        http.headers["Authorization"] = f"Bearer {session['token']}"
        return http, session

    async def act(self, name, conversation_id, *arguments, **options):
        async with self.scope() as scope:
            one = ConversationId(conversation_id)
            return await getattr(self.house.conversations, name)(scope, one, *arguments, **options)

    async def write(self, conversation_id, text, kind=MessageKind.TEXT, author=AGENT):
        item = NewMessage(conversation_id=conversation_id, author=author, text=text, client_id=new_id().hex, kind=kind)
        await self.house.conversations.post(self.workspace.id, item)


@pytest.fixture
async def shop(house, workspace, door) -> Shop:
    shop = Shop(house, workspace, door)
    await shop.begin()
    return shop


async def say(http, text="在吗", client_id=None, **more):
    return await http.post("/visitor/v1/messages", json={"client_id": client_id or uuid4().hex, "text": text, **more})


def unheard(*_current):
    """For who does not listen."""


async def test_a_first_visit_shows_the_inbox_and_no_conversation(shop):
    _http, session = await shop.visit(locale="zh-CN")
    assert (session["conversation"], session["messages"], session["has_more"]) == (None, [], False)
    assert (session["locale"], session["identified"], session["bot"]["enabled"]) == ("zh", False, True)
    assert (session["inbox"]["name"], session["inbox"]["open_now"], session["inbox"]["languages"]) == ("官网", True, ["zh", "en"])
    assert "allowed_origins" not in session["inbox"]["settings"]
    assert session["epoch"]


@pytest.mark.parametrize(("wanted", "locale"), [("en-GB", "en"), ("ZH-tw", "zh"), ("fr", "en"), ("", "en")])
async def test_a_visitor_is_spoken_to_in_one_of_two_languages(shop, wanted, locale):
    assert (await shop.visit(locale=wanted))[1]["locale"] == locale


async def test_outside_of_hours_the_shop_says_so(shop):
    await shop.change(hours=Hours(timezone="UTC", spans=[]))
    assert (await shop.visit())[1]["inbox"]["open_now"] is False


async def test_a_message_opens_a_conversation_and_is_there_on_return(shop):
    http, session = await shop.visit()
    sent = (await say(http, " 杯子碎了 ", "c1")).json()
    assert (sent["message"]["text"], sent["message"]["seq"], sent["message"]["client_id"]) == ("杯子碎了", 1, "c1")
    assert (sent["conversation"]["status"], sent["conversation"]["agent"], sent["conversation"]["queue"]) == ("bot", None, None)
    _again, back = await shop.visit(token=session["token"])
    assert back["token"] == session["token"]
    assert back["conversation"]["id"] == sent["conversation"]["id"]
    assert [one["text"] for one in back["messages"]] == ["杯子碎了"]


async def test_the_same_client_id_is_one_message(shop):
    http, _ = await shop.visit()
    first, second = (await say(http, "一", "same")).json(), (await say(http, "一", "same")).json()
    assert first["message"]["id"] == second["message"]["id"]
    assert len((await http.get("/visitor/v1/messages")).json()["items"]) == 1


async def test_two_visitors_may_use_the_same_client_id(shop):
    (first, _), (second, _) = await shop.visit(), await shop.visit()
    one, two = (await say(first, "一", "same")).json(), (await say(second, "二", "same")).json()
    assert one["conversation"]["id"] != two["conversation"]["id"]
    assert two["message"]["text"] == "二"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"client_id": "a", "text": "  "}, "conversations.message_empty"),
        ({"client_id": "", "text": "x"}, "conversations.message_too_long"),
        ({"client_id": "x" * 65, "text": "x"}, "conversations.message_too_long"),
        ({"client_id": "a\x00b", "text": "x"}, "qiao.invalid"),
        ({"client_id": "a", "text": "x" * 10_001}, "conversations.message_too_long"),
        ({"client_id": "a", "text": "x", "attachments": [str(new_id())]}, "files.not_found"),
        ({"client_id": "a", "text": "x", "kind": "note"}, "qiao.invalid"),
        ({"client_id": "a", "text": 5}, "qiao.invalid"),
    ],
)
async def test_what_is_no_message_is_refused(shop, body, code):
    http, _ = await shop.visit()
    answer = await http.post("/visitor/v1/messages", json=body)
    assert (400 <= answer.status_code < 500, answer.json()["code"]) == (True, code)


async def test_without_a_bot_one_waits_with_a_place(shop):
    await shop.change(bot_enabled=False)
    first, _ = await shop.visit()
    second, _ = await shop.visit()
    assert (await say(first)).json()["conversation"]["queue"] == {"position": 1, "estimate_seconds": None}
    assert (await say(second)).json()["conversation"]["queue"]["position"] == 2


async def test_notes_and_inner_events_are_never_shown(shop):
    http, session = await shop.visit()
    talk = (await say(http)).json()["conversation"]["id"]
    await shop.write(talk, "内部：canary-1177", MessageKind.NOTE)
    await shop.act("claim", talk, AGENT)
    await shop.act("snooze", talk, AGENT, utc_now())
    await shop.write(talk, "您好")
    _, back = await shop.visit(token=session["token"])
    assert "canary" not in str(back)
    shown = [(one["author"]["kind"], one["kind"], (one["content"] or {}).get("event")) for one in back["messages"]]
    assert shown == [("contact", "text", None), ("system", "event", "assigned"), ("agent", "text", None)]
    assert back["messages"][1]["content"]["data"] == {"to": "周宁", "reason": "claimed"}
    assert back["messages"][2]["client_id"] is None
    assert back["conversation"]["status"] == "open"


async def test_who_answers_is_shown_by_name_alone(shop, door):
    agent = await door("agent")
    http, session = await shop.visit()
    talk = (await say(http)).json()["conversation"]["id"]
    await agent.post(f"/api/v1/conversations/{talk}/claim")
    _, back = await shop.visit(token=session["token"])
    assert back["conversation"]["agent"] == {"name": "agent 甲"}
    assert agent.headers["x-test-person"] not in str(back)


async def test_history_is_read_backwards_and_forwards(shop):
    http, session = await shop.visit()
    talk = (await say(http, "0", "c0")).json()["conversation"]["id"]
    for number in range(1, 6):
        await shop.write(talk, str(number))
    page = (await http.get("/visitor/v1/messages", params={"limit": 2})).json()
    assert ([one["text"] for one in page["items"]], page["has_more"]) == (["4", "5"], True)
    before = (await http.get("/visitor/v1/messages", params={"before": 5, "limit": 10})).json()
    assert ([one["text"] for one in before["items"]], before["has_more"]) == (["0", "1", "2", "3"], False)
    after = (await http.get("/visitor/v1/messages", params={"after": 4, "limit": 1})).json()
    assert ([one["text"] for one in after["items"]], after["has_more"]) == (["4"], True)
    for wild in ({"before": 10**15}, {"after": -(10**15)}, {"before": 0}):
        assert (await http.get("/visitor/v1/messages", params=wild)).status_code == 200
    assert (await http.get("/visitor/v1/messages", params={"limit": 101})).status_code == 422
    assert session["has_more"] is False


@pytest.mark.parametrize(
    "header",
    [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer x"}],
)
async def test_without_its_token_nobody_reads_or_writes(shop, header):
    http = await shop.door(**header)
    answers = [
        await http.get("/visitor/v1/messages"),
        await http.post("/visitor/v1/messages", json={"client_id": "a", "text": "x"}),
        await http.patch("/visitor/v1/contact", json={"name": "x"}),
        await http.post("/visitor/v1/files", files={"data": ("a.txt", b"x")}),
    ]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(401, "contacts.visitor_unknown")}


async def test_a_made_up_inbox_or_token_gives_nothing_away(shop):
    http = await shop.door()
    unknown = await http.post("/visitor/v1/sessions", json={"inbox_key": f"{shop.workspace.id.hex}-nothing"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "inboxes.not_found")
    _, session = await shop.visit(token="qv_made_up")
    assert session["token"].startswith("qv_") and session["token"] != "qv_made_up"


async def test_a_token_of_another_inbox_begins_anew(shop, house):
    async with shop.scope() as scope:
        other = await house.inboxes.create(scope, NewInbox(channel=next(iter(house.channels)), name="App"))
    _, first = await shop.visit()
    begun = await house.visitors.begin(SessionRequest(inbox_key=other.key, token=first["token"]))
    assert begun.token != first["token"]


async def test_a_proof_raises_the_visit_and_keeps_the_conversation(shop):
    http, session = await shop.visit()
    talk = (await say(http, "我的订单")).json()["conversation"]["id"]
    identity = sign_proof("u-1", shop.key, audience=shop.inbox.key, claims={"name": "林语桐", "email": "lin@example.com"})
    proven, known = await shop.visit(token=session["token"], identity=identity)
    assert (known["identified"], known["conversation"]["id"], known["token"] != session["token"]) == (True, talk, True)
    assert [one["text"] for one in known["messages"]] == ["我的订单"]
    assert (await http.get("/visitor/v1/messages")).status_code == 401
    assert (await proven.get("/visitor/v1/messages")).status_code == 200


async def test_on_another_device_the_same_person_finds_everything(shop):
    identity = sign_proof("u-1", shop.key, audience=shop.inbox.key)
    first, _ = await shop.visit(identity=identity)
    await say(first, "在家写的")
    phone, anonymous = await shop.visit()
    await say(phone, "路上写的")
    _, known = await shop.visit(token=anonymous["token"], identity=identity)
    assert [one["text"] for one in known["messages"] if one["kind"] == "text"] == ["路上写的"]
    async with shop.scope() as scope:
        contact = (await shop.house.contacts.find(scope, ""))[0]
        talks = await shop.house.conversations.of_contact(scope, contact.id)
    assert sorted(one.status for one in talks) == [Status.BOT, Status.RESOLVED]


@pytest.mark.parametrize(
    "forge",
    [
        lambda shop: sign_proof("u-1", "another key", audience=shop.inbox.key),
        lambda shop: sign_proof("u-1", shop.key, audience="another inbox"),
        lambda shop: sign_proof("u-1", shop.key, audience=shop.inbox.key, lifetime_seconds=-3_600),
        lambda shop: "nonsense",
    ],
)
async def test_a_forged_proof_is_refused(shop, forge):
    patch = pytest.MonkeyPatch()
    patch.setattr("warnings.warn", lambda *_arguments, **_named: None)
    identity = forge(shop)
    patch.undo()
    http = await shop.door()
    answer = await http.post("/visitor/v1/sessions", json={"inbox_key": shop.inbox.key, "identity": identity})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.proof_refused")


async def test_what_a_visitor_says_of_themselves_is_a_claim(shop):
    http, _ = await shop.visit()
    assert (await http.patch("/visitor/v1/contact", json={"name": " 林 ", "email": "lin@example.com"})).status_code == 204
    assert (await http.patch("/visitor/v1/contact", json={"email": "no address"})).json()["code"] == "contacts.invalid"
    async with shop.scope() as scope:
        (contact,) = await shop.house.contacts.find(scope, "")
    assert (contact.name, contact.email, contact.identified) == ("林", "lin@example.com", False)


async def test_what_is_proven_is_not_overwritten_by_a_claim(shop):
    identity = sign_proof("u-1", shop.key, audience=shop.inbox.key, claims={"name": "林语桐"})
    http, _ = await shop.visit(identity=identity)
    assert (await http.patch("/visitor/v1/contact", json={"name": "老板"})).status_code == 204
    async with shop.scope() as scope:
        assert (await shop.house.contacts.find(scope, ""))[0].name == "林语桐"


async def test_a_file_is_attached_by_its_owner_alone(shop):
    (mine, _), (other, _) = await shop.visit(), await shop.visit()
    stored = (await mine.post("/visitor/v1/files", files={"data": ("订单.txt", b"A-1")})).json()
    stolen = await say(other, "给我", attachments=[stored["id"]])
    assert stolen.json()["code"] == "files.not_found"
    sent = (await say(mine, "", attachments=[stored["id"]])).json()
    assert [(one["name"], one["url"]) for one in sent["message"]["attachments"]] == [("订单.txt", stored["url"])]


async def test_an_option_that_was_tapped_is_said_with_its_entry(shop):
    http, _ = await shop.visit()
    entry = str(new_id())
    sent = (await say(http, "怎么退货？", option=entry)).json()
    assert sent["message"]["content"] == {"type": "option", "entry_id": entry}


async def test_reading_marks_what_was_seen(shop, house):
    http, session = await shop.visit()
    talk = (await say(http)).json()["conversation"]["id"]
    await shop.write(talk, "您好")
    visitor = await house.contacts.visitor(session["token"])
    await house.visitors.mark_read(visitor, 10**12)
    assert (await shop.act("get", talk)).contact_seen_seq == 2


async def test_who_comes_back_gets_all_that_was_missed_or_is_told(shop, house):
    _, session = await shop.visit()
    visitor = await house.contacts.visitor(session["token"])
    epoch = session["epoch"]
    assert await house.visitors.arrive(visitor, epoch, 0, unheard) == (epoch, True, None, [])
    await house.visitors.send(visitor, Sending(client_id="a", text="一"))
    await house.visitors.send(visitor, Sending(client_id="b", text="二"))
    _, recovered, conversation, missed = await house.visitors.arrive(visitor, epoch, 1, unheard)
    assert (recovered, conversation.last_seq, [one.text for one in missed]) == (True, 2, ["二"])
    for wrong in (("another", 1), (epoch, 3), (epoch, -(10**12))):
        assert (await house.visitors.arrive(visitor, *wrong, unheard))[1:] == (False, None, [])
