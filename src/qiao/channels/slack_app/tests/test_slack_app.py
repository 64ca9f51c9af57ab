"""Slack keeps what every channel promises; whom a reply goes to, what is sent once, and what each of its errors means."""

import time
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.slack_app.adapter import Adapter
from qiao.channels.slack_app.simulator import Simulator, direct
from qiao.kit.errors import Refused
from qiao.kit.webhook_signatures import signed_hex
from qiao.ports.channel import (
    Ack,
    Card,
    Channel,
    FetchedMedia,
    Media,
    NeedsReauth,
    Option,
    OutboundFile,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

HER = "U123ABC456"
PDF = OutboundFile(
    id=UUID(int=1), kind="file", name="发票.pdf", content_type="application/pdf", size=5, url="https://desk.test/f"
)
CARD = Card(
    title="订单 <1>",
    text="已发货",
    url="https://shop.test/o",
    image_url="https://shop.test/p.png",
    facts=tuple((f"项{number}", str(number)) for number in range(7)),
)


class TestSlack(PlatformSuite):
    channel = "slack_app"
    customer = HER
    meaning = {  # noqa: RUF012
        Fault.TOKEN_REVOKED: (NeedsReauth,),  # a bot's token is entered, not fetched
        Fault.WINDOW_CLOSED: (),  # there is none
    }

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))

    @pytest.fixture
    def simulator(self, adapter):
        return Simulator(adapter.manifest)

    @pytest.fixture
    def samples(self, simulator, folder):
        """Signed now: Slack's signatures live for five minutes."""
        held = {path.stem: msgspec.json.decode(path.read_bytes(), type=Sample) for path in sorted(folder.glob("samples/*.json"))}
        signed = {name: simulator.signed(one.body.encode(), one.headers["Content-Type"]) for name, one in held.items()}
        return {name: msgspec.structs.replace(one, headers=dict(signed[name].headers)) for name, one in held.items()}

    async def heard(self, simulator, adapter, account, **event):
        await simulator.happens(**event)
        return list(adapter.parse(simulator.delivered[-1], account))

    async def test_a_reply_goes_where_the_message_was(self, adapter, simulator, account, wire):
        (message,) = await self.heard(
            simulator,
            adapter,
            account,
            type="message",
            channel_type="im",
            channel="D9",
            user=HER,
            ts="5.1",
            thread_ts="4.1",
            text="在吗",
        )
        await adapter.send(self.reply(reply_to=message.reply_to), account, wire)
        assert (simulator.posted[-1]["channel"], simulator.posted[-1]["thread_ts"]) == ("D9", "4.1")
        assert message.quoted == "D9:4.1"

    async def test_a_mention_is_a_public_thread_and_is_answered_in_it(self, adapter, simulator, account, wire):
        (message,) = await self.heard(
            simulator, adapter, account, type="app_mention", channel="C1", user=HER, ts="5.1", text="<@U0BOT> 在吗"
        )
        assert (message.text, message.thread.key, message.reply_to) == ("在吗", "C1:5.1", {})
        await adapter.send(self.reply(thread_key=message.thread.key), account, wire)
        assert (simulator.posted[-1]["channel"], simulator.posted[-1]["thread_ts"]) == ("C1", "5.1")

    async def test_a_mention_in_a_thread_stays_in_it(self, adapter, simulator, account):
        (message,) = await self.heard(
            simulator,
            adapter,
            account,
            type="app_mention",
            channel="C1",
            user=HER,
            ts="6.1",
            thread_ts="5.1",
            text="<@U0BOT> 还有",
        )
        assert message.thread.key == "C1:5.1"

    async def test_a_private_answer_goes_to_the_person_and_not_to_the_channel(self, adapter, simulator, account, wire):
        private = self.reply(private_reply_to="C1:5.1", reply_to={"channel": "C1"})
        assert isinstance(await adapter.send(private, account, wire), Sent)
        assert simulator.posted[-1]["channel"] == direct(HER)
        assert "thread_ts" not in simulator.posted[-1]

    async def test_a_reply_whose_answer_was_lost_is_shown_once(self, adapter, simulator, account):
        losing = LosingWire(simulator, "chat.postMessage")
        assert isinstance(await adapter.send(self.reply(), account, losing), Retry)
        sent = await adapter.send(self.reply(), account, losing)
        assert sent == Sent(provider_id=simulator.shown(HER)[0].provider_id)
        assert len(simulator.shown(HER)) == 1

    async def test_in_a_thread_it_is_looked_for_in_the_thread(self, adapter, simulator, account):
        losing = LosingWire(simulator, "chat.postMessage")
        reply = self.reply(thread_key="C1:5.1")
        assert isinstance(await adapter.send(reply, account, losing), Retry)
        assert isinstance(await adapter.send(reply, account, losing), Sent)
        assert len(simulator.posted) == 1
        assert simulator.asked[-1].path.endswith("conversations.replies")
        assert simulator.asked[-1].query["ts"] == "5.1"

    async def test_a_reply_that_never_arrived_is_sent_by_the_next_try(self, adapter, simulator, account, wire):
        simulator.go_wrong(Fault.CUT)
        assert isinstance(await adapter.send(self.reply(), account, wire), Retry)
        assert isinstance(await adapter.send(self.reply(), account, wire), Sent)
        assert len(simulator.shown(HER)) == 1

    async def test_while_nobody_can_say_whether_it_was_sent_it_waits(self, adapter, simulator, account, wire):
        simulator.go_wrong(Fault.CUT, Fault.SERVER_ERROR)
        assert isinstance(await adapter.send(self.reply(), account, wire), Retry)
        assert isinstance(await adapter.send(self.reply(), account, wire), Retry)
        assert simulator.posted == []

    async def test_two_replies_of_the_same_words_are_two(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(key="a"), account, wire)
        await adapter.send(self.reply(key="b"), account, wire)
        assert len(simulator.shown(HER)) == 2

    async def test_a_card_has_its_facts_in_rows_that_slack_takes(self, adapter, simulator, account, wire):
        assert isinstance(await adapter.send(self.reply(text="", card=CARD), account, wire), Sent)
        shown = simulator.shown(HER)[-1]
        assert (shown.kind, shown.text.splitlines()[:4]) == ("card", ["订单 <1>", "已发货", "项0", "0"])
        blocks = simulator.posted[-1]["blocks"]
        assert [one["type"] for one in blocks] == ["header", "section", "section", "section", "image", "actions"]
        assert [len(one["fields"]) for one in blocks if "fields" in one] == [5, 2]

    async def test_text_is_never_markup(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(text="<!channel> *bold* & <@U1>"), account, wire)
        assert simulator.posted[-1]["text"] == "&lt;!channel&gt; *bold* &amp; &lt;@U1&gt;"
        assert simulator.posted[-1]["mrkdwn"] is False

    async def test_a_file_is_shared_in_the_thread_it_answers(self, adapter, simulator, account):
        wire = MemoryWire(simulator, {PDF.name: b"%PDF-"})
        await adapter.send(self.reply(text="", files=(PDF,), reply_to={"channel": "D9", "thread_ts": "4.1"}), account, wire)
        (shown,) = simulator.shown("U9")
        assert (shown.data, shown.name, shown.thread) == (b"%PDF-", "发票.pdf", "4.1")

    @pytest.mark.parametrize("step", [0, 1, 2, 3])
    @pytest.mark.parametrize("fault", [Fault.CUT, Fault.SERVER_ERROR, Fault.NONSENSE, Fault.RATE_LIMITED])
    async def test_an_upload_that_breaks_off_at_any_step_is_tried_again(self, adapter, simulator, account, step, fault):
        wire = MemoryWire(simulator, {PDF.name: b"%PDF-"})
        simulator.go_wrong(*[fault] if step == 0 else [])
        original, calls = simulator._answer, []

        async def breaking(asked):
            calls.append(asked.path)
            if len(calls) == step + 1 and step:
                simulator.go_wrong(fault)
            return await original(asked)

        simulator._answer = breaking
        result = await adapter.send(self.reply(text="", files=(PDF,)), account, wire)
        put_answered_nonsense = step == 2 and fault is Fault.NONSENSE  # any 200 is a yes there
        assert isinstance(result, Sent if put_answered_nonsense else Retry)

    async def test_an_upload_goes_to_slack_and_nowhere_else(self, adapter, account):
        wire = SayingWire(
            200, {"ok": True, "channel": {"id": "D1"}, "upload_url": "https://files.slack.com.evil.test/x", "file_id": "F1"}
        )
        wire.files[PDF.name] = b"%PDF-"
        assert isinstance(await adapter.send(self.reply(text="", files=(PDF,)), account, wire), Retry)
        assert not [one for one in wire.asked if "evil" in one.url]

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.test/x",
            "http://platform.test/filesx/1",
            "http://platform.test.evil.test/files/1",
            "",
            "file:///etc/passwd",
        ],
    )
    async def test_the_token_goes_to_no_address_that_a_message_names(self, adapter, account, url):
        wire = SayingWire(200, b"bytes")
        assert await adapter.fetch_media(Media(kind="file", ref={"url": url}), account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    @pytest.mark.parametrize(
        ("status", "content_type", "end"),
        [
            (200, "image/png", FetchedMedia),
            (200, "text/html; charset=utf-8", NeedsReauth),
            (302, "text/html", NeedsReauth),
            (401, "image/png", NeedsReauth),
            (403, "image/png", Rejected),
            (404, "image/png", Rejected),
            (429, "image/png", Retry),
            (503, "image/png", Retry),
        ],
    )
    async def test_a_file_that_cannot_be_had_says_why(self, adapter, account, status, content_type, end):
        media = Media(kind="image", ref={"url": account.hosts["files"] + "/files-pri/F1"}, content_type="image/png")
        wire = SayingWire(status, b"x", **{"content-type": content_type})
        assert isinstance(await adapter.fetch_media(media, account, wire), end)

    @pytest.mark.parametrize(
        ("error", "end"),
        [
            ("invalid_auth", NeedsReauth("invalid_auth")),
            ("token_revoked", NeedsReauth("token_revoked")),
            ("account_inactive", NeedsReauth("account_inactive")),
            ("missing_scope", NeedsReauth("missing_scope")),
            ("channel_not_found", Rejected("unknown_address")),
            ("is_archived", Rejected("unknown_address")),
            ("user_not_found", Rejected("unknown_address")),
            ("msg_too_long", Rejected("too_long")),
            ("messages_tab_disabled", Rejected("blocked")),
            ("restricted_action", Rejected("restricted_action")),
            ("x" * 500, Rejected("x" * 200)),
        ],
    )
    async def test_what_slack_says_has_its_meaning(self, adapter, account, error, end):
        assert await adapter.send(self.reply(), account, SayingWire(200, {"ok": False, "error": error})) == end

    @pytest.mark.parametrize("said", [{"ok": False}, {"ok": True, "channel": 5}, [], b"", b"<html>", {"ok": "yes"}])
    async def test_nonsense_is_no_yes(self, adapter, account, said):
        assert isinstance(await adapter.send(self.reply(), account, SayingWire(200, said)), Retry)

    async def test_a_rate_limit_says_when(self, adapter, account):
        wire = SayingWire(429, {"ok": False, "error": "ratelimited"}, **{"retry-after": "17"})
        assert await adapter.send(self.reply(), account, wire) == Retry(17.0, "rate_limited")

    async def test_what_we_sent_can_be_taken_back_once(self, adapter, simulator, account, wire):
        sent = await adapter.send(self.reply(), account, wire)
        assert await adapter.moderate("recall", sent.provider_id, account, wire) == Sent(provider_id=sent.provider_id)
        assert simulator.shown(HER)[-1].recalled
        assert await adapter.moderate("recall", "D1:9.9", account, wire) == Rejected("message_not_found")
        assert await adapter.moderate("recall", "nonsense", account, wire) == Rejected("not_allowed")

    async def test_connecting_says_which_app_in_which_workspace(self, adapter, account, wire):
        connected = await adapter.connect(account, wire)
        assert connected.title == "lanting · 兰亭"
        assert set(connected.todo) == {"zh", "en"}

    async def test_options_are_cut_to_what_a_button_shows(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(options=(Option("entry-1", "长" * 90),)), account, wire)
        assert (*simulator.shown(HER)[-1].options,) == ("长" * 75,)
        assert await adapter.send(self.reply(options=(Option("1", "a"),) * 11), account, wire) == Rejected("not_allowed")


class TestWhoIsBelieved:
    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))

    @pytest.fixture
    def simulator(self, adapter):
        return Simulator(adapter.manifest)

    def test_the_published_signature_is_ours(self, adapter, simulator, monkeypatch):
        """The vector of Slack's own documents, at its own time."""
        secret, stamp = "8f742231b10e8888abcd99yyyzzz85a5", 1531420618
        body = (
            b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
            b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
            b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121"
            b".803a0bc887a14d10d2c447fce8b6703c"
        )
        published = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        assert signed_hex(secret, f"v0:{stamp}:".encode() + body, "v0=") == published
        inbox = simulator.account(secrets={"signing_secret": secret})
        receipt = RawReceipt("POST", {"x-slack-request-timestamp": str(stamp), "x-slack-signature": published}, {}, body)
        with pytest.raises(Refused, match="too long ago"):
            adapter.verify(receipt, inbox)
        wide = msgspec.structs.replace(inbox, settings={"window_seconds": time.time()})
        assert adapter.verify(receipt, wide) is None

    @pytest.mark.parametrize(("ago", "believed"), [(0, True), (290, True), (310, False), (-290, True), (-310, False)])
    def test_a_signature_lives_five_minutes_both_ways(self, adapter, simulator, ago, believed):
        receipt = simulator.signed(b"{}", "application/json", ago=ago)
        try:
            adapter.verify(receipt, simulator.account())
            was = True
        except Refused:
            was = False
        assert was == believed

    @pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "²", "1531420618.5"])
    def test_a_time_that_is_none_is_refused_even_when_signed(self, adapter, simulator, stamp):
        signature = signed_hex("a signing secret", b"v0:" + stamp.encode() + b":{}", "v0=")
        receipt = RawReceipt("POST", {"x-slack-request-timestamp": stamp, "x-slack-signature": signature}, {}, b"{}")
        with pytest.raises(Refused):
            adapter.verify(receipt, simulator.account())

    def test_the_address_is_proven_by_reading_the_challenge_back(self, adapter, simulator):
        body = b'{"token": "t", "challenge": "3eZbrw1aB10FEMAGAZd4FyFQ", "type": "url_verification"}'
        assert adapter.verify(simulator.signed(body, "application/json"), simulator.account()) == Ack(
            body="3eZbrw1aB10FEMAGAZd4FyFQ"
        )
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {}, {}, body), simulator.account())

    async def test_a_customer_who_writes_the_word_is_no_challenge(self, adapter, simulator):
        await simulator.customer_writes(HER, "url_verification")
        assert adapter.verify(simulator.delivered[-1], simulator.account()) is None
        assert adapter.verify(simulator.signed(b"url_verification [", "application/json"), simulator.account()) is None

    async def test_a_retry_is_the_same_message(self, adapter, simulator):
        await simulator.customer_writes(HER, "在吗")
        first = simulator.delivered[-1]
        retried = msgspec.structs.replace(
            first, headers={**first.headers, "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        )
        assert adapter.verify(retried, simulator.account()) is None
        assert list(adapter.parse(retried, simulator.account())) == list(adapter.parse(first, simulator.account()))
