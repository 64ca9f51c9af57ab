"""Telegram: what every channel promises, and what the Bot API's own answers mean."""

from pathlib import Path
from typing import ClassVar

import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.telegram.adapter import Adapter
from qiao.channels.telegram.codec import SECRET_HEADER, webhook_secret
from qiao.channels.telegram.simulator import Simulator
from qiao.kit.errors import Refused
from qiao.ports.channel import (
    Account,
    Card,
    Channel,
    FetchedMedia,
    Media,
    NeedsReauth,
    Option,
    Place,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
    WireFailed,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER = "5001"


class TestTelegram(PlatformSuite):
    channel = "telegram"
    customer = CUSTOMER
    meaning: ClassVar = {Fault.WINDOW_CLOSED: (Rejected,)}

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(MANIFEST)

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    def forged(self, sample: Sample) -> list[RawReceipt]:
        """The platform signs no body: it repeats a secret, and that is all there is to forge."""
        return [
            sample.receipt(headers={}, query={}),
            sample.receipt(headers={SECRET_HEADER: ""}),
            sample.receipt(headers={SECRET_HEADER: sample.receipt().headers[SECRET_HEADER][:-1] + "x"}),
            sample.receipt(headers={SECRET_HEADER: "密"}),
        ]

    def test_another_bot_of_the_same_inbox_has_another_secret(self, account: Account) -> None:
        other = Account(**{**{name: getattr(account, name) for name in account.__struct_fields__}, "secrets": {"token": "1:b"}})
        assert webhook_secret(account) != webhook_secret(other)
        assert len(webhook_secret(account)) == 64

    async def test_connecting_hands_over_the_address_and_the_secret(self, adapter, simulator, account, wire) -> None:
        connected = await adapter.connect(account, wire)
        assert connected.title == "@lanting_bot"
        assert simulator.hook["url"] == "http://desk.test/in/key"
        assert simulator.hook["secret_token"] == webhook_secret(account)
        assert set(simulator.hook["allowed_updates"]) >= {"edited_message", "message_reaction", "my_chat_member"}
        await simulator.customer_writes(CUSTOMER, "你好")
        assert adapter.verify(simulator.delivered[-1], account) is None

    async def test_disconnecting_takes_the_address_back(self, adapter, simulator, account, wire) -> None:
        await adapter.connect(account, wire)
        await adapter.disconnect(account, wire)
        assert simulator.hook == {}

    async def test_without_a_token_nothing_is_asked(self, adapter, wire, simulator) -> None:
        assert isinstance(await adapter.connect(simulator.account(secrets={}), wire), NeedsReauth)
        assert wire.asked == []

    async def test_an_answer_quotes_the_message_it_answers(self, adapter, simulator, account, wire) -> None:
        asked = await simulator.customer_writes(CUSTOMER, "多少钱")
        await adapter.send(self.reply(text="八十八元", quoted=asked), account, wire)
        assert simulator.shown(CUSTOMER)[-1].quoted == asked

    async def test_a_message_of_another_chat_is_not_quoted(self, adapter, simulator, account, wire) -> None:
        await adapter.send(self.reply(quoted="999:1"), account, wire)
        assert simulator.shown(CUSTOMER)[-1].quoted is None

    async def test_what_we_sent_can_be_taken_back(self, adapter, simulator, account, wire) -> None:
        sent = await adapter.send(self.reply(), account, wire)
        assert await adapter.moderate("recall", sent.provider_id, account, wire) == Sent(sent.provider_id)
        assert simulator.shown(CUSTOMER)[-1].recalled

    async def test_what_is_long_gone_cannot_be_taken_back(self, adapter, account, wire) -> None:
        outcome = await adapter.moderate("recall", f"{CUSTOMER}:99", account, wire)
        assert outcome == Rejected("Bad Request: message to delete not found")
        assert await adapter.moderate("recall", "nonsense", account, wire) == Rejected("not_allowed")

    async def test_a_place_is_on_the_phone(self, adapter, simulator, account, wire) -> None:
        shop = Place(latitude=30.25, longitude=120.16, name="兰亭茶器", address="杭州湖滨路 1 号")
        await adapter.send(self.reply(text="", place=shop), account, wire)
        await adapter.send(self.reply(text="", place=Place(latitude=30.25, longitude=120.16)), account, wire)
        assert [(one.kind, one.text) for one in simulator.shown(CUSTOMER)] == [("location", "兰亭茶器"), ("location", "")]

    async def test_a_card_is_a_text_with_its_facts_and_a_link(self, adapter, simulator, account, wire) -> None:
        card = Card(title="订单 20261122", text="已发货", url="https://shop.test/o/1", facts=(("快递", "顺丰"), ("件数", "2")))
        await adapter.send(self.reply(text="", card=card), account, wire)
        shown = simulator.shown(CUSTOMER)[-1]
        assert shown.text == "订单 20261122\n已发货\n快递：顺丰\n件数：2"
        assert [*shown.options] == ["订单 20261122"]

    async def test_a_value_too_long_for_a_button_comes_back_as_its_label(self, adapter, simulator, account, wire) -> None:
        offered = (Option("v" * 65, "第一"), Option("~2", "第二"), Option("short", "第三"))
        assert isinstance(await adapter.send(self.reply(options=offered), account, wire), Sent)
        buttons = simulator.asked[-1].json()["reply_markup"]["inline_keyboard"]
        assert [row[0]["callback_data"] for row in buttons] == ["~1", "~2", "short"]
        await simulator.customer_writes(CUSTOMER, "第一", option="~1")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert (message.text, message.option) == ("第一", None)

    async def test_the_first_reply_after_a_tap_ends_its_waiting(self, adapter, simulator, account, wire) -> None:
        tapped = await simulator.customer_writes(CUSTOMER, "换货", option="entry-2")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert message.provider_id == tapped
        for number in (1, 2):
            await adapter.send(self.reply(reply_to=message.reply_to, number=number), account, wire)
        assert simulator.acts == [("answerCallbackQuery", tapped.removeprefix("tap:"))]

    async def test_a_reply_counts_when_only_the_tap_could_not_be_answered(self, adapter, simulator, account, wire) -> None:
        sent = await adapter.send(self.reply(text="一"), account, wire)
        simulator.acts.clear()
        wire.request = failing_after(wire, 1)
        again = await adapter.send(self.reply(text="二", reply_to={"callback": "9"}), account, wire)
        assert isinstance(sent, Sent) and isinstance(again, Sent)

    async def test_typing_is_shown_and_its_failure_passed_over(self, adapter, simulator, account, wire) -> None:
        await adapter.typing(self.reply(), account, wire)
        assert simulator.acts == [("sendChatAction", CUSTOMER)]
        simulator.go_wrong(Fault.CUT)
        await adapter.typing(self.reply(), account, wire)

    @pytest.mark.parametrize(
        ("status", "words", "end"),
        [
            (429, "Too Many Requests: retry after 7", Retry(30.0, "rate_limited")),
            (500, "Internal Server Error", Retry(30.0, "Internal Server Error")),
            (401, "Unauthorized", NeedsReauth("Unauthorized")),
            (404, "Not Found", NeedsReauth("Not Found")),
            (403, "Forbidden: bot was blocked by the user", Rejected("blocked")),
            (403, "Forbidden: bot was kicked from the group chat", Rejected("blocked")),
            (403, "Forbidden: user is deactivated", Rejected("unknown_address")),
            (403, "Forbidden: bot can't initiate conversation with a user", Rejected("unknown_address")),
            (400, "Bad Request: chat not found", Rejected("unknown_address")),
            (400, "Bad Request: PEER_ID_INVALID", Rejected("unknown_address")),
            (400, "Bad Request: message is too long", Rejected("too_long")),
            (413, "Request Entity Too Large", Rejected("too_large")),
            (400, "Bad Request: " + "x" * 300, Rejected(("Bad Request: " + "x" * 300)[:200])),
        ],
    )
    async def test_each_refusal_has_its_meaning(self, status, words, end, adapter, account) -> None:
        wire = SayingWire(status, {"ok": False, "error_code": status, "description": words})
        assert await adapter.send(self.reply(), account, wire) == end

    async def test_as_long_as_the_platform_says_is_waited(self, adapter, simulator, account, wire) -> None:
        simulator.go_wrong(Fault.RATE_LIMITED)
        assert await adapter.send(self.reply(), account, wire) == Retry(7.0, "rate_limited")

    @pytest.mark.parametrize(
        "body", [{"ok": True, "result": True}, {"ok": True}, [], {"ok": True, "result": {"message_id": "x"}}]
    )
    async def test_a_success_that_names_no_message_is_none(self, body, adapter, account) -> None:
        assert isinstance(await adapter.send(self.reply(), account, SayingWire(200, body)), Retry)

    async def test_a_file_of_more_than_twenty_megabytes_is_not_even_asked_for(self, adapter, account, wire) -> None:
        media = Media(kind="file", ref={"file_id": "f"}, size=20 * 1024 * 1024 + 1)
        assert await adapter.fetch_media(media, account, wire) == Rejected("too_large")
        assert wire.asked == []

    async def test_a_file_whose_address_has_run_out_is_gone(self, adapter, simulator, account, wire) -> None:
        media = Media(kind="file", ref={"file_id": simulator.stored(b"bytes")["file_id"]})
        assert isinstance(await adapter.fetch_media(media, account, wire), FetchedMedia)
        simulator.files.clear()
        assert await adapter.fetch_media(media, account, wire) == Rejected("expired")

    @pytest.mark.parametrize(
        "body", [b"", b"not json", b'{"message": {}}', b'{"update_id": "1"}', b'{"update_id": 1, "message": 3}']
    )
    async def test_nonsense_is_parked_with_a_code(self, body, adapter, account) -> None:
        with pytest.raises(Exception, match="delivery") as refused:
            adapter.parse(RawReceipt("POST", {}, {}, body), account)
        assert refused.value.code == "qiao.invalid"

    def test_the_secret_is_not_in_the_refusal(self, adapter, account) -> None:
        with pytest.raises(Refused) as refused:
            adapter.verify(RawReceipt("POST", {SECRET_HEADER: "guess"}, {}, b"{}"), account)
        assert webhook_secret(account) not in str(refused.value)


def failing_after(wire, count):
    """The wire is cut after so many requests."""
    request, left = wire.request, [count]

    async def cut(asked):
        if not left[0]:
            raise WireFailed("broken")
        left[0] -= 1
        return await request(asked)

    return cut
