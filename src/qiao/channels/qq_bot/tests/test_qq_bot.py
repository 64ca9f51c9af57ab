"""QQ bots keep what every channel promises; answers are numbered, windows end, and what is signed for a stranger proves nothing."""

import time
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.qq_bot import signing
from qiao.channels.qq_bot.adapter import Adapter
from qiao.channels.qq_bot.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.kit.errors import Invalid, Refused
from qiao.ports.channel import (
    Ack,
    Capability,
    Channel,
    FetchedMedia,
    Left,
    Media,
    NeedsReauth,
    OutboundFile,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
    WindowOpened,
)
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

HER = "E4F4AEA33253A2797FB897C50B81D7ED"
GROUP = "C9F778FE6ADF9D1D1DBE395BF744A33A"
SECRET = Simulator.secrets["app_secret"]
KNOWN = "ROBOT1.0_known"
"""A message that may be answered."""


def manifest():
    return read_manifest(Path(__file__).parents[1] / "manifest.toml")


async def kept(name, fetch, *, stale=None):
    return "a token"


def saying(status, said, **headers):
    wire = SayingWire(status, said, **headers)
    wire.token = kept
    return wire


class TestQQ(PlatformSuite):
    channel = "qq_bot"
    customer = HER

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(manifest())

    @pytest.fixture
    def simulator(self, adapter):
        simulator = Simulator(adapter.manifest)
        simulator.answerable[KNOWN] = time.time() + 3600
        return simulator

    @pytest.fixture
    def samples(self, folder):
        """Signed now: a signature lives for minutes."""
        held = {path.stem: msgspec.json.decode(path.read_bytes(), type=Sample) for path in sorted(folder.glob("samples/*.json"))}
        return {name: msgspec.structs.replace(one, headers=self.now(one.body)) for name, one in held.items()}

    def now(self, body):
        stamp = str(int(time.time()))
        return {"X-Signature-Timestamp": stamp, "X-Signature-Ed25519": signing.signature(SECRET, stamp, body.encode())}

    def reply(self, **changes):
        """QQ takes answers only: this one is to a message that was there before."""
        return super().reply(**{"reply_to": {"message": KNOWN}, **changes})

    async def asked(self, simulator, adapter, account, group=""):
        if group:
            await simulator.group_asks(group, HER, "在吗")
        else:
            await simulator.customer_writes(HER, "在吗")
        (message,) = adapter.parse(simulator.delivered[-1], account)
        return message

    async def test_five_answers_and_no_sixth(self, adapter, simulator, account, wire):
        message = await self.asked(simulator, adapter, account)
        ends = [
            await adapter.send(self.reply(reply_to=message.reply_to, number=number, key=str(number)), account, wire)
            for number in range(1, 7)
        ]
        assert [type(one) for one in ends] == [Sent] * 5 + [Rejected]
        assert ends[-1] == Rejected("window_closed")
        assert len(simulator.shown(HER)) == 6

    async def test_a_new_message_opens_it_again(self, adapter, simulator, account, wire):
        for _ in range(2):
            message = await self.asked(simulator, adapter, account)
            assert isinstance(await adapter.send(self.reply(reply_to=message.reply_to), account, wire), Sent)

    async def test_an_answer_whose_answer_was_lost_is_shown_once(self, adapter, simulator, account):
        losing = LosingWire(simulator, "/messages")
        assert isinstance(await adapter.send(self.reply(), account, losing), Retry)
        assert await adapter.send(self.reply(), account, losing) == Sent()
        assert len(simulator.shown(HER)) == 1

    @pytest.mark.parametrize("reply_to", [{}, {"at": "1"}])
    async def test_unasked_messages_are_refused_before_the_wire(self, adapter, account, wire, reply_to):
        assert await adapter.send(self.reply(reply_to=reply_to), account, wire) == Rejected("window_closed")
        assert wire.asked == []

    async def test_a_message_that_is_too_old_is_said_to_be(self, adapter, simulator, account, wire):
        simulator.answerable[KNOWN] = time.time() - 1
        assert await adapter.send(self.reply(), account, wire) == Rejected("window_closed")
        assert await adapter.send(self.reply(reply_to={"message": "another"}), account, wire) == Rejected("window_closed")

    async def test_a_group_is_a_public_thread_and_is_answered_there(self, adapter, simulator, account, wire):
        message = await self.asked(simulator, adapter, account, GROUP)
        assert (message.text, message.thread.key, message.sender.address) == ("在吗", GROUP, HER)
        answer = self.reply(thread_key=GROUP, reply_to=message.reply_to)
        assert isinstance(await adapter.send(answer, account, wire), Sent)
        assert [one.by for one in simulator.shown(GROUP)] == ["customer", "company"]
        assert simulator.shown(HER) == []

    async def test_a_group_is_answered_for_five_minutes(self, adapter, simulator, account, wire):
        message = await self.asked(simulator, adapter, account, GROUP)
        old = {**message.reply_to, "at": str(int(time.time()) - 310)}
        assert await adapter.send(self.reply(thread_key=GROUP, reply_to=old), account, wire) == Rejected("window_closed")
        longer = msgspec.structs.replace(account, settings={**account.settings, "group_seconds": 400})
        assert isinstance(await adapter.send(self.reply(thread_key=GROUP, reply_to=old), longer, wire), Sent)

    async def test_what_was_asked_elsewhere_is_not_answered_in_a_group(self, adapter, simulator, account, wire):
        message = await self.asked(simulator, adapter, account)
        assert await adapter.send(self.reply(thread_key=GROUP, reply_to=message.reply_to), account, wire) == Rejected(
            "window_closed"
        )

    async def test_a_new_friend_may_be_greeted(self, adapter, simulator, account, wire):
        await simulator.happens("FRIEND_ADD", {"openid": HER, "timestamp": 1763800000})
        back, opened = adapter.parse(simulator.delivered[-1], account)
        assert isinstance(back, Left)
        assert back.back
        assert isinstance(opened, WindowOpened)
        assert opened.by in {one.opened_by for one in adapter.manifest.windows}
        assert isinstance(await adapter.send(self.reply(reply_to=opened.reply_to), account, wire), Sent)
        assert simulator.asked[-1].json()["event_id"] == opened.provider_id

    async def test_what_we_sent_can_be_taken_back(self, adapter, simulator, account, wire):
        message = await self.asked(simulator, adapter, account, GROUP)
        for reply, phone in ((self.reply(), HER), (self.reply(thread_key=GROUP, reply_to=message.reply_to), GROUP)):
            sent = await adapter.send(reply, account, wire)
            assert await adapter.moderate("recall", sent.provider_id, account, wire) == Sent(provider_id=sent.provider_id)
            assert simulator.shown(phone)[-1].recalled
        assert await adapter.moderate("recall", f"user:{HER}:gone", account, wire) == Rejected("306003 撤回失败")
        for nonsense in ("", "user:", "user:a:", "else:a:b"):
            assert await adapter.moderate("recall", nonsense, account, wire) == Rejected("not_allowed")

    async def test_no_text_calls_anybody(self, adapter, simulator, account, wire):
        text = "<@everyone> <qqbot-at-everyone /> <b>粗</b>"
        await adapter.send(self.reply(text=text), account, wire)
        sent = simulator.shown(HER)[-1].text
        assert "<@" not in sent
        assert "<qqbot-" not in sent
        assert sent.replace("\u200b", "") == text

    async def test_an_address_cannot_lead_elsewhere(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(to="../../users/@me?x=#"), account, wire)
        assert wire.asked[-1].url.endswith("/v2/users/..%2F..%2Fusers%2F%40me%3Fx%3D%23/messages")

    async def test_a_file_is_uploaded_with_its_name(self, adapter, simulator, account):
        pdf = OutboundFile(
            id=UUID(int=1), kind="file", name="发票.pdf", content_type="application/pdf", size=5, url="https://desk.test/f"
        )
        wire = MemoryWire(simulator, {pdf.name: b"%PDF-"})
        assert isinstance(await adapter.send(self.reply(text="", files=(pdf,)), account, wire), Sent)
        assert (simulator.shown(HER)[-1].data, simulator.shown(HER)[-1].name) == (b"%PDF-", "发票.pdf")
        assert simulator.asked[-2].json()["file_name"] == "发票.pdf"

    async def test_connecting_says_which_bot(self, adapter, simulator, account, wire):
        connected = await adapter.connect(account, wire)
        assert (connected.title, set(connected.todo)) == ("兰亭茶器", {"zh", "en"})
        wrong = msgspec.structs.replace(account, secrets={"app_secret": "another"})
        assert await adapter.connect(wrong, wire) == NeedsReauth("100016 simulated")

    @pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.NONSENSE, Fault.CUT])
    async def test_with_a_token_at_hand_faults_have_the_same_ends(self, adapter, simulator, account, wire, fault):
        await adapter.send(self.reply(), account, wire)
        simulator.go_wrong(fault)
        assert isinstance(await adapter.send(self.reply(number=2), account, wire), Retry)
        assert len(simulator.shown(HER)) == 1

    @pytest.mark.parametrize(
        ("status", "code", "end"),
        [
            (400, 304103, Rejected("window_closed")),
            (400, 40034024, Rejected("window_closed")),
            (400, 40034102, Rejected("window_closed")),
            (400, 40034128, Rejected("window_closed")),
            (400, 40054002, Rejected("not_allowed")),
            (400, 40054003, Rejected("blocked")),
            (400, 40054005, Sent()),
            (400, 40054010, Rejected("40054010 why")),
            (400, 850031, Rejected("too_large")),
            (400, 22009, Retry(30.0, "22009 why")),
            (400, 20028, Retry(30.0, "20028 why")),
            (200, 22009, Retry(30.0, "22009 why")),
            (401, 11244, NeedsReauth("the access token is not accepted")),
            (500, 11244, Retry(30.0, "the provider answered 500")),
        ],
    )
    async def test_what_qq_says_has_its_meaning(self, adapter, account, status, code, end):
        assert await adapter.send(self.reply(), account, saying(status, {"code": code, "message": "why"})) == end

    @pytest.mark.parametrize("said", [{}, {"id": ""}, [], b"", b"<html>", {"id": 5}])
    async def test_nonsense_is_no_yes(self, adapter, account, said):
        assert isinstance(await adapter.send(self.reply(), account, saying(200, said)), Retry)

    @pytest.mark.parametrize("said", [{}, {"access_token": ""}, b"<html>", {"access_token": 5}])
    async def test_a_token_that_is_none_is_asked_for_again(self, adapter, account, said):
        assert isinstance(await adapter.connect(account, SayingWire(200, said)), Retry)

    @pytest.mark.parametrize(
        ("status", "end"), [(200, FetchedMedia), (403, Rejected), (404, Rejected), (429, Retry), (502, Retry)]
    )
    async def test_a_file_is_had_without_our_token_or_says_why_not(self, adapter, account, status, end):
        wire = saying(status, b"bytes")
        media = Media(kind="image", ref={"url": "https://multimedia.nt.qq.com.cn/x"})
        assert isinstance(await adapter.fetch_media(media, account, wire), end)
        assert "authorization" not in wire.asked[0].headers

    def test_it_says_of_itself_what_it_can(self, adapter):
        assert Capability.OPTIONS not in adapter.manifest.capabilities
        assert [(one.opened_by, one.seconds, one.count) for one in adapter.manifest.windows] == [
            ("message", 3600, 5),
            ("friend_add", 3600, 1),
        ]
        assert msgspec.json.decode(adapter.manifest.ack.body) == {"op": 12}


class TestWhoIsBelieved:
    @pytest.fixture
    def adapter(self):
        return Adapter(manifest())

    @pytest.fixture
    def simulator(self, adapter):
        return Simulator(adapter.manifest)

    def verified(self, adapter, receipt, account):
        try:
            adapter.verify(receipt, account)
        except Refused:
            return False
        return True

    def check(self, plain_token, event_ts):
        body = msgspec.json.encode({"op": 13, "d": {"plain_token": plain_token, "event_ts": event_ts}})
        return RawReceipt("POST", {}, {}, body)

    def test_the_published_check_is_answered_to_the_letter(self, adapter, simulator):
        """The vector of QQ's own documents."""
        ack = adapter.verify(self.check("Arq0D5A61EgUu4OxUvOp", "1725442341"), simulator.account())
        signature = (
            "87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d0"
            "1bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706"
        )
        answer = {"plain_token": "Arq0D5A61EgUu4OxUvOp", "signature": signature}
        assert ack == Ack(body=msgspec.json.encode(answer).decode(), content_type="application/json")

    def test_the_published_delivery_is_believed_as_it_is_printed_and_in_no_other_spelling(self):
        """The other sample of QQ's documents: it was signed over the body with its line breaks."""
        secret, stamp = "naOC0ocQE3shWLAfffVLB1rhYPG7", "1725442341"
        given = (
            "865ad13a61752ca65e26bde6676459cd36cf1be609375b37bd62af366e1dc25a"
            "8dc789ba7f14e017ada3d554c671a911bfdf075ba54835b23391d509579ed002"
        )
        body = b'{\n  "op": 0,\n  "d": {},\n  "t": "GATEWAY_EVENT_NAME"\n}'
        assert signing.is_signed(secret, given, stamp, body)
        assert not signing.is_signed(secret, given, stamp, body.replace(b"\n", b""))
        assert not signing.is_signed(secret, given, "1725442342", body)

    @pytest.mark.parametrize(
        ("plain_token", "event_ts"),
        [
            ('{"op":0,"t":"C2C_MESSAGE_CREATE"}', "1725442341"),
            ("{}", "1725442341"),
            ("[]", "1"),
            ("", "1725442341"),
            ("abc", ""),
            ("abc", '1725442341{"op":0'),
            ("abc", "-1"),
            ("a" * 129, "1"),
            ("a b", "1"),
            ("abc\n", "1"),
            ("中", "1"),
        ],
    )
    def test_nothing_is_signed_that_could_be_a_delivery(self, adapter, simulator, plain_token, event_ts):
        assert not self.verified(adapter, self.check(plain_token, event_ts), simulator.account())

    @given(
        event_ts=st.from_regex(r"[0-9]{1,12}", fullmatch=True), plain_token=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
    )
    def test_what_was_signed_for_a_stranger_brings_nothing_in(self, event_ts, plain_token):
        adapter = Adapter(manifest())
        account = Simulator(adapter.manifest).account()
        answer = msgspec.json.decode(adapter.verify(self.check(plain_token, event_ts), account).body)
        whole = event_ts + plain_token
        for cut in range(len(whole) + 1):
            headers = {"x-signature-timestamp": whole[:cut], "x-signature-ed25519": answer["signature"]}
            forged = RawReceipt("POST", headers, {}, whole[cut:].encode())
            with pytest.raises((Refused, Invalid)):
                adapter.verify(forged, account)
                adapter.parse(forged, account)

    def test_without_a_secret_no_check_is_answered(self, adapter, simulator):
        for secrets in ({}, {"app_secret": ""}):
            assert not self.verified(
                adapter, self.check("abc", "1"), msgspec.structs.replace(simulator.account(), secrets=secrets)
            )

    def test_a_check_is_never_stored_even_when_it_is_signed(self, adapter, simulator):
        assert not self.verified(
            adapter, simulator.signed({"op": 13, "d": {"plain_token": "{}", "event_ts": "1"}}), simulator.account()
        )

    @pytest.mark.parametrize(("ago", "believed"), [(0, True), (590, True), (610, False), (-590, True), (-610, False)])
    def test_a_signature_lives_ten_minutes_both_ways(self, adapter, simulator, ago, believed):
        assert self.verified(adapter, simulator.signed({"op": 0}, ago), simulator.account()) == believed

    @pytest.mark.parametrize("given", ["", "zz", "00", "é", "0" * 128, "0" * 130], ids=range(6))
    def test_a_signature_that_is_none_is_refused(self, adapter, simulator, given):
        held = simulator.signed({"op": 0})
        headers = {**held.headers, "x-signature-ed25519": given}
        assert not self.verified(adapter, msgspec.structs.replace(held, headers=headers), simulator.account())

    def test_another_secret_is_another_key(self, adapter, simulator):
        held = simulator.signed({"op": 0})
        assert self.verified(adapter, held, simulator.account())
        assert not self.verified(adapter, held, msgspec.structs.replace(simulator.account(), secrets={"app_secret": "another"}))


@pytest.mark.parametrize("secret", ["a", "DG5g3B4j9X2KOErG", "x" * 31, "x" * 32, "x" * 33, "密钥"])
def test_a_secret_of_any_length_is_a_key(secret):
    signed = signing.signature(secret, "1", b"body")
    assert signing.is_signed(secret, signed, "1", b"body")
    assert not signing.is_signed(secret, signed, "1", b"bodY")
    assert not signing.is_signed(secret, signed, "2", b"body")
    assert signing.signature("", "1", b"body") == ""
