"""WhatsApp: what every channel promises, and what the Cloud API's own answers mean."""

from pathlib import Path
from typing import ClassVar
from uuid import UUID

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.shared.graph_simulating import refused
from qiao.channels.whatsapp.adapter import Adapter
from qiao.channels.whatsapp.simulator import PHONE_ID, Simulator
from qiao.kit.errors import Refused
from qiao.ports.channel import (
    AccountBroken,
    Ack,
    Card,
    Channel,
    Media,
    NeedsReauth,
    Option,
    OutboundFile,
    Place,
    Proof,
    RawReceipt,
    Rejected,
    Reported,
    Retry,
    Sent,
    Template,
)
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault, SentFile

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER = "+8613900001111"


class TestWhatsApp(PlatformSuite):
    channel = "whatsapp"
    customer = CUSTOMER
    meaning: ClassVar = {Fault.TOKEN_REVOKED: (NeedsReauth,)}

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(MANIFEST)

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    async def test_the_challenge_is_answered_with_itself(self, adapter, simulator, account) -> None:
        await simulator.challenge()
        assert adapter.verify(simulator.delivered[-1], account) == Ack(body="1158201444")

    @pytest.mark.parametrize(
        "changes",
        [{"hub.verify_token": "another word"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}],
    )
    async def test_a_challenge_of_somebody_else_is_refused(self, changes, adapter, simulator, account) -> None:
        await simulator.challenge()
        query = {**simulator.delivered[-1].query, **changes}
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("GET", {}, query, b""), account)

    async def test_a_challenge_before_the_secrets_are_entered_is_refused(self, adapter, simulator) -> None:
        await simulator.challenge()
        for secrets in ({}, {"verify_token": simulator.secrets["verify_token"]}, {"app_secret": "x", "verify_token": ""}):
            with pytest.raises(Refused):
                adapter.verify(simulator.delivered[-1], simulator.account(secrets=secrets))

    def test_the_published_vector_of_the_signature_is_believed(self, adapter, simulator) -> None:
        headers = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
        account = simulator.account(secrets={"app_secret": "It's a Secret to Everybody"})
        assert adapter.verify(RawReceipt("POST", headers, {}, b"Hello, World!"), account) is None
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", headers, {}, b"Hello, World?"), account)

    async def test_connecting_tells_the_provider_our_address(self, adapter, simulator, account, wire) -> None:
        connected = await adapter.connect(account, wire)
        assert connected.title == "兰亭茶器 +1 555-078-3881"
        assert "messages" in connected.todo["en"]
        assert simulator.subscribed == {
            "override_callback_uri": "http://desk.test/in/key",
            "verify_token": simulator.secrets["verify_token"],
        }
        await adapter.disconnect(account, wire)
        assert simulator.subscribed is None

    async def test_without_the_business_account_the_address_is_left_to_the_admin(self, adapter, simulator, account, wire) -> None:
        account = msgspec.structs.replace(account, settings={"phone_number_id": PHONE_ID})
        await adapter.connect(account, wire)
        await adapter.disconnect(account, wire)
        assert [one.path for one in simulator.asked] == [f"/api/{PHONE_ID}"]

    async def test_without_a_token_nothing_is_asked(self, adapter, simulator, wire) -> None:
        assert isinstance(await adapter.connect(simulator.account(secrets={}), wire), NeedsReauth)
        assert wire.asked == []

    async def test_the_number_is_proven_by_the_platform(self, adapter, simulator, account) -> None:
        await simulator.customer_writes(CUSTOMER, "你好", name="林语桐")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert message.sender.proofs == (Proof("phone", CUSTOMER),)
        assert (message.sender.name, message.sender.phone) == ("林语桐", CUSTOMER)

    async def test_a_delivery_for_another_number_of_the_company_is_not_ours(self, adapter, simulator, account) -> None:
        await simulator.customer_writes(CUSTOMER, "你好")
        other = msgspec.structs.replace(account, settings={"phone_number_id": "999"})
        assert list(adapter.parse(simulator.delivered[-1], other)) == []

    async def test_a_customer_who_hides_their_number_is_written_to_by_their_id(self, adapter, simulator, account, wire) -> None:
        body = {"id": "wamid.X", "type": "text", "text": {"body": "hi"}, "from": "", "from_user_id": "CN.00001111"}
        await simulator.tell_value("", {"messages": [body], "contacts": [{"profile": {"name": "安"}, "user_id": "CN.00001111"}]})
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert (message.sender.address, message.sender.name, message.sender.proofs) == ("CN.00001111", "安", ())
        assert isinstance(await adapter.send(self.reply(to=message.sender.address, text="您好"), account, wire), Sent)
        assert simulator.shown("CN.00001111")[-1].text == "您好"
        assert "to" not in simulator.asked[-1].json()

    async def test_an_answer_quotes_the_message_it_answers(self, adapter, simulator, account, wire) -> None:
        asked = await simulator.customer_writes(CUSTOMER, "多少钱")
        await adapter.send(self.reply(text="八十八元", quoted=asked), account, wire)
        assert simulator.shown(CUSTOMER)[-1].quoted == asked

    @pytest.mark.parametrize(
        ("count", "label", "text", "kind"),
        [(3, "换货", "?", "button"), (4, "换货", "?", "list"), (2, "x" * 21, "?", "list"), (2, "换货", "x" * 1025, "list")],
    )
    async def test_few_short_options_are_buttons_and_others_a_list(
        self, count, label, text, kind, adapter, simulator, account, wire
    ):
        offered = tuple(Option(f"entry-{number}", label) for number in range(count))
        assert isinstance(await adapter.send(self.reply(text=text, options=offered), account, wire), Sent)
        assert simulator.asked[-1].json()["interactive"]["type"] == kind
        assert simulator.shown(CUSTOMER)[-1].values == tuple(one.value for one in offered)

    async def test_a_value_too_long_for_a_button_comes_back_as_its_label(self, adapter, simulator, account, wire) -> None:
        await adapter.send(
            self.reply(options=(Option("v" * 201, "第一"), Option("~2", "第二"), Option("ok", "第三"))), account, wire
        )
        assert simulator.shown(CUSTOMER)[-1].values == ("~1", "~2", "ok")
        await simulator.customer_writes(CUSTOMER, "第一", option="~1")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert (message.text, message.option) == ("第一", None)

    async def test_a_template_carries_its_values(self, adapter, simulator, account, wire) -> None:
        template = Template(name="order_shipped", language="zh_CN", values=("林语桐", "SF123"))
        assert isinstance(await adapter.send(self.reply(text="", template=template), account, wire), Sent)
        assert simulator.asked[-1].json()["template"] == {
            "name": "order_shipped",
            "language": {"code": "zh_CN"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "林语桐"}, {"type": "text", "text": "SF123"}]}
            ],
        }
        await adapter.send(self.reply(text="", template=Template(name="hello", language="en")), account, wire)
        assert [(one.kind, one.text) for one in simulator.shown(CUSTOMER)] == [
            ("template", "order_shipped · 林语桐 · SF123"),
            ("template", "hello"),
        ]

    async def test_a_card_is_a_text_with_a_button_that_leads_there(self, adapter, simulator, account, wire) -> None:
        card = Card(
            title="订单 1",
            text="已发货",
            url="https://shop.test/o/1",
            image_url="https://shop.test/1.jpg",
            facts=(("快递", "顺丰"),),
        )
        await adapter.send(self.reply(text="", card=card), account, wire)
        shown = simulator.shown(CUSTOMER)[-1]
        assert (shown.text, shown.options, shown.values) == (
            "*订单 1*\n已发货\n快递：顺丰",
            ("查看",),
            ("https://shop.test/o/1",),
        )
        await adapter.send(self.reply(text="", card=Card(title="Note", facts=(("A", "1"),)), language="en"), account, wire)
        assert simulator.shown(CUSTOMER)[-1].text == "*Note*\nA: 1"

    async def test_a_place_is_on_the_phone(self, adapter, simulator, account, wire) -> None:
        await adapter.send(self.reply(text="", place=Place(latitude=30.2, longitude=120.1, name="湖滨")), account, wire)
        assert simulator.shown(CUSTOMER)[-1].kind == "location"
        assert simulator.asked[-1].json()["location"] == {"latitude": 30.2, "longitude": 120.1, "name": "湖滨"}

    async def test_a_document_keeps_its_name(self, adapter, simulator, account, wire) -> None:
        await self.test_a_file_of_ours_is_shown("file", adapter, simulator, account, wire)
        assert simulator.shown(CUSTOMER)[-1].name == "发票.pdf"

    async def test_an_upload_that_fails_is_the_end_of_the_send(self, adapter, simulator, account, wire) -> None:
        simulator.go_wrong(Fault.SERVER_ERROR)
        file = OutboundFile(
            id=UUID(int=9), kind="image", name="茶杯.png", content_type="image/png", size=9, url="http://desk.test/files/9"
        )
        assert isinstance(await adapter.send(self.reply(text="", files=(file,)), account, wire), Retry)
        assert len(simulator.asked) == 1

    async def test_the_first_reply_marks_what_was_asked_as_read(self, adapter, simulator, account, wire) -> None:
        asked = await simulator.customer_writes(CUSTOMER, "在吗")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        for number in (1, 2):
            await adapter.send(self.reply(reply_to=message.reply_to, number=number), account, wire)
        marks = [one.json() for one in simulator.asked if one.json().get("status") == "read"]
        assert marks == [{"messaging_product": "whatsapp", "status": "read", "message_id": asked}]

    async def test_typing_is_shown_beside_the_last_message(self, adapter, simulator, account, wire) -> None:
        await adapter.typing(self.reply(reply_to={"message": "wamid.1"}), account, wire)
        assert simulator.asked[-1].json()["typing_indicator"] == {"type": "text"}
        simulator.go_wrong(Fault.CUT)
        await adapter.typing(self.reply(reply_to={"message": "wamid.1"}), account, wire)
        await adapter.typing(self.reply(), account, wire)
        assert len(simulator.asked) == 2

    @pytest.mark.parametrize(
        ("status", "code", "end"),
        [
            (401, 190, NeedsReauth("said")),
            (403, 10, NeedsReauth("said")),
            (403, 200, NeedsReauth("said")),
            (400, 368, NeedsReauth("the account is restricted")),
            (400, 131031, NeedsReauth("the account is locked")),
            (400, 131047, Rejected("window_closed")),
            (400, 131026, Rejected("unknown_address")),
            (400, 131021, Rejected("unknown_address")),
            (400, 131050, Rejected("blocked")),
            (400, 131051, Rejected("not_allowed")),
            (400, 130429, Retry(10.0, "rate_limited")),
            (400, 80007, Retry(30.0, "rate_limited")),
            (400, 4, Retry(30.0, "rate_limited")),
            (400, 131048, Retry(3600.0, "rate_limited")),
            (500, 131016, Retry(60.0, "the provider is not there")),
            (500, 2, Retry(30.0, "said")),
            (404, 132001, Rejected("said")),
            (400, 100, Rejected("said")),
        ],
    )
    async def test_each_code_has_its_meaning(self, status, code, end, adapter, simulator, account, wire) -> None:
        simulator.refusals = {Fault.BLOCKED: (status, code, "said", 0)}
        simulator.go_wrong(Fault.BLOCKED)
        assert await adapter.send(self.reply(), account, wire) == end

    async def test_writing_too_fast_to_one_customer_waits_four_times_as_long_each_time(
        self, adapter, simulator, account, wire
    ) -> None:
        simulator.refusals = {Fault.BLOCKED: (400, 131056, "(#131056) pair rate limit hit", 0)}
        simulator.go_wrong(*[Fault.BLOCKED] * 9)
        waits = [(await adapter.send(self.reply(), account, wire)).after_seconds for _ in range(8)]
        assert waits == [1, 4, 16, 64, 256, 1024, 4096, 4096]
        assert (await adapter.send(self.reply(to="+8613900002222"), account, wire)).after_seconds == 1

    @pytest.mark.parametrize("body", [b"[]", b'{"messages": []}', b'{"messages": [{}]}', b'{"messages": 5}'])
    async def test_a_success_that_names_no_message_is_none(self, body, adapter, simulator, account, wire) -> None:
        assert isinstance(await adapter.send(self.reply(), account, SayingWire(200, body)), Retry)

    @pytest.mark.parametrize(
        ("status", "code", "report"),
        [
            ("delivered", 0, ("delivered", None, False)),
            ("read", 0, ("read", None, False)),
            ("played", 0, ("read", None, False)),
            ("failed", 131047, ("failed", "window_closed", False)),
            ("failed", 131026, ("failed", "unknown_address", True)),
            ("failed", 131050, ("failed", "blocked", True)),
            ("failed", 131049, ("failed", "Message failed", False)),
        ],
    )
    async def test_what_became_of_a_message_is_reported(self, status, code, report, adapter, simulator, account) -> None:
        await simulator.report(CUSTOMER, "wamid.7", status, code)
        (one,) = adapter.parse(simulator.delivered[-1], account)
        assert isinstance(one, Reported)
        assert (one.provider_id, one.state, one.reason, one.permanent) == ("wamid.7", *report)

    async def test_that_it_was_sent_is_known_already(self, adapter, simulator, account) -> None:
        await simulator.report(CUSTOMER, "wamid.7", "sent")
        assert list(adapter.parse(simulator.delivered[-1], account)) == []

    async def test_a_broken_account_is_told(self, adapter, simulator, account) -> None:
        await simulator.tell_value(CUSTOMER, {"errors": [{"code": 131031, "message": "Account locked", "title": "x"}]})
        assert [type(one) for one in adapter.parse(simulator.delivered[-1], account)] == [AccountBroken]
        await simulator.tell_value(CUSTOMER, {"errors": [{"code": 130429, "message": "Rate limit hit", "title": "x"}]})
        assert list(adapter.parse(simulator.delivered[-1], account)) == []

    async def test_a_file_at_an_address_of_nobody_is_not_fetched(self, adapter, simulator, account, wire) -> None:
        simulator.address_of = lambda file_id: "https://evil.example/attachments/1"
        media = Media(kind="image", ref={"id": simulator.keep(b"x", "image/png")})
        assert await adapter.fetch_media(media, account, wire) == Rejected("not_allowed")
        assert [one.url for one in wire.asked] == [f"http://platform.test/api/{media.ref['id']}"]

    async def test_a_file_is_gone_when_its_address_has_run_out(self, adapter, simulator, account, wire) -> None:
        await simulator.customer_writes(CUSTOMER, file=SentFile(kind="image", data=b"x", name="a.png", content_type="image/png"))
        (message,) = adapter.parse(simulator.delivered[-1], account)
        simulator.file = answering(refused(404, 100, "gone"))
        assert await adapter.fetch_media(message.media[0], account, wire) == Rejected("expired")
        simulator.go_wrong(Fault.CREDENTIALS_REFUSED)
        assert isinstance(await adapter.fetch_media(message.media[0], account, wire), NeedsReauth)


def answering(answer):
    """A platform with one answer."""

    async def handler(asked):
        return answer

    return handler
