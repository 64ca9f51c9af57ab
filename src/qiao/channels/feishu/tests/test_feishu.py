"""Feishu keeps what every channel promises; who is believed, what is sent once, and what each of its codes means."""

import base64
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.feishu import sealing, writing
from qiao.channels.feishu.adapter import Adapter
from qiao.channels.feishu.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.kit.errors import QiaoError, Refused
from qiao.ports.channel import (
    Ack,
    Card,
    Channel,
    FetchedMedia,
    Media,
    NeedsReauth,
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

HER = "ou_84aad35d084aa403a838cf73ee18467"
KEY = Simulator.secrets["encrypt_key"]
PICTURE = Media(kind="image", ref={"message": "om_1", "key": "img_1", "type": "image"})


def manifest():
    return read_manifest(Path(__file__).parents[1] / "manifest.toml")


async def kept(name, fetch, *, stale=None):
    return "a token"


def saying(status, said, **headers):
    wire = SayingWire(status, said, **headers)
    wire.token = kept
    return wire


class TestFeishu(PlatformSuite):
    channel = "feishu"
    customer = HER
    meaning = {Fault.WINDOW_CLOSED: ()}  # noqa: RUF012 - there is none

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(manifest())

    @pytest.fixture
    def simulator(self, adapter):
        return Simulator(adapter.manifest)

    @pytest.fixture
    def samples(self, simulator, folder):
        """Signed now: a signature lives for hours, not for ever."""
        held = {path.stem: msgspec.json.decode(path.read_bytes(), type=Sample) for path in sorted(folder.glob("samples/*.json"))}
        headers = simulator.signed({}).headers
        stamp, nonce = headers["x-lark-request-timestamp"], headers["x-lark-request-nonce"]
        signed = {name: sealing.signature(stamp, nonce, KEY, one.body.encode()) for name, one in held.items()}
        return {
            name: msgspec.structs.replace(one, headers={**headers, "x-lark-signature": signed[name]})
            for name, one in held.items()
        }

    async def test_a_reply_whose_answer_was_lost_is_shown_once(self, adapter, simulator, account):
        losing = LosingWire(simulator, "/messages")
        assert isinstance(await adapter.send(self.reply(), account, losing), Retry)
        sent = await adapter.send(self.reply(), account, losing)
        assert sent == Sent(provider_id=simulator.shown(HER)[0].provider_id)
        assert len(simulator.shown(HER)) == 1
        assert isinstance(await adapter.send(self.reply(key="another"), account, losing), Sent)
        assert len(simulator.shown(HER)) == 2

    async def test_a_quoted_message_is_answered(self, adapter, simulator, account, wire):
        asked = await simulator.customer_writes(HER, "在吗")
        assert isinstance(await adapter.send(self.reply(quoted=asked), account, wire), Sent)
        assert simulator.shown(HER)[-1].quoted == asked
        assert simulator.asked[-1].path.endswith(f"{asked}/reply")

    async def test_what_is_quoted_cannot_lead_elsewhere(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(quoted="om_1/../../bot?x=#"), account, wire)
        assert wire.asked[-1].url.endswith("/im/v1/messages/om_1%2F..%2F..%2Fbot%3Fx%3D%23/reply")

    async def test_a_group_is_a_public_thread_and_is_answered_there(self, adapter, simulator, account, wire):
        told = {"chat_type": "group", "chat_id": "oc_g", "mentions": [{"key": "@_user_1", "name": "兰亭"}]}
        await simulator.says(HER, "text", {"text": "@_user_1 在吗"}, **told)
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert (message.text, message.thread.key, message.sender.address) == ("在吗", "oc_g", HER)
        assert isinstance(await adapter.send(self.reply(thread_key="oc_g"), account, wire), Sent)
        assert [one.by for one in simulator.shown("oc_g")] == ["customer", "company"]
        private = self.reply(key="b", private_reply_to=message.provider_id, quoted=message.provider_id)
        assert isinstance(await adapter.send(private, account, wire), Sent)
        assert [one.by for one in simulator.shown(HER)] == ["company"]

    async def test_what_is_tapped_in_a_group_belongs_to_its_thread(self, adapter, simulator, account):
        await simulator.taps(HER, {"option": "entry-1", "label": "退货", "group": "oc_g"})
        (message,) = adapter.parse(simulator.delivered[-1], account)
        assert (message.option, message.text, message.thread.key, message.quoted) == ("entry-1", "退货", "oc_g", "om_card")

    async def test_a_card_is_drawn(self, adapter, simulator, account, wire):
        card = Card(title="订单", text="已发货", url="https://shop.test/o", facts=(("数量", "2"), ("单号", "SF1")))
        assert isinstance(await adapter.send(self.reply(text="", card=card), account, wire), Sent)
        shown = simulator.shown(HER)[-1]
        assert (shown.kind, shown.text) == ("card", "订单\n已发货\n数量\n2\n单号\nSF1")
        drawn = msgspec.json.decode(simulator.bodies[-1]["content"])
        assert drawn["header"]["title"]["content"] == "订单"
        assert [one["text"]["content"] for one in drawn["elements"][1]["fields"]] == ["数量\n2", "单号\nSF1"]
        assert drawn["elements"][2]["actions"][0]["url"] == "https://shop.test/o"

    async def test_no_text_calls_everybody_together(self, adapter, simulator, account, wire):
        await adapter.send(self.reply(text='<at user_id="all">所有人</at> <b>粗</b>'), account, wire)
        sent = msgspec.json.decode(simulator.bodies[-1]["content"])["text"]
        assert "<at" not in sent
        assert "</at" not in sent
        assert sent.replace("\u200b", "") == '<at user_id="all">所有人</at> <b>粗</b>'

    async def test_what_we_sent_can_be_taken_back(self, adapter, simulator, account, wire):
        sent = await adapter.send(self.reply(), account, wire)
        assert await adapter.moderate("recall", sent.provider_id, account, wire) == Sent(provider_id=sent.provider_id)
        assert simulator.shown(HER)[-1].recalled
        theirs = await simulator.customer_writes(HER, "在吗")
        assert isinstance(await adapter.moderate("recall", theirs, account, wire), Rejected)

    async def test_lark_is_asked_where_lark_is(self, adapter, account):
        wire = saying(200, {"code": 0, "data": {"message_id": "om_1"}})
        for region, host in (("feishu", account.hosts["api"]), ("lark", account.hosts["lark"])):
            await adapter.send(self.reply(), msgspec.structs.replace(account, settings={"region": region}), wire)
            assert wire.asked[-1].url.startswith(host + "/open-apis/")

    async def test_connecting_says_which_bot(self, adapter, simulator, account, wire):
        connected = await adapter.connect(account, wire)
        assert (connected.title, set(connected.todo)) == ("兰亭茶器", {"zh", "en"})
        wrong = msgspec.structs.replace(account, secrets={**account.secrets, "app_secret": "another"})
        assert await adapter.connect(wrong, wire) == NeedsReauth("10014 simulated")

    @pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.NONSENSE, Fault.CUT])
    async def test_with_a_token_at_hand_faults_have_the_same_ends(self, adapter, simulator, account, wire, fault):
        await adapter.send(self.reply(), account, wire)
        simulator.go_wrong(fault)
        assert isinstance(await adapter.send(self.reply(key="b"), account, wire), Retry)
        assert len(simulator.shown(HER)) == 1

    @pytest.mark.parametrize(
        ("code", "end"),
        [
            (230002, Rejected("unknown_address")),
            (230013, Rejected("blocked")),
            (230025, Rejected("too_long")),
            (230029, Rejected("unknown_address")),
            (99992351, Rejected("unknown_address")),
            (230028, Rejected("230028 why")),
            (230006, NeedsReauth("230006 why")),
            (230027, NeedsReauth("230027 why")),
            (99991672, NeedsReauth("99991672 why")),
            (99991663, NeedsReauth("the access token is not accepted")),
            (230020, Retry(30.0, "230020 why")),
            (230049, Retry(30.0, "230049 why")),
            (99991400, Retry(30.0, "99991400 why")),
        ],
    )
    async def test_what_feishu_says_has_its_meaning(self, adapter, account, code, end):
        assert await adapter.send(self.reply(), account, saying(400, {"code": code, "msg": "why"})) == end

    @pytest.mark.parametrize("said", [{}, {"code": 0}, {"code": 0, "data": {}}, {"code": "0"}, [], b"", b"<html>"])
    async def test_nonsense_is_no_yes(self, adapter, account, said):
        assert isinstance(await adapter.send(self.reply(), account, saying(200, said)), Retry)

    @pytest.mark.parametrize("said", [{"code": 0}, {"code": 0, "tenant_access_token": ""}, {}, b"<html>"])
    async def test_a_token_that_is_none_is_asked_for_again(self, adapter, account, said):
        assert isinstance(await adapter.connect(account, SayingWire(200, said)), Retry)

    @pytest.mark.parametrize(
        ("status", "said", "end"),
        [
            (200, b"bytes", FetchedMedia),
            (200, {"code": 99991663, "msg": "a customer's own file"}, FetchedMedia),
            (400, {"code": 234003, "msg": "File not in msg."}, Rejected),
            (400, {"code": 99991672, "msg": "no scope"}, NeedsReauth),
            (400, {"code": 99991663, "msg": "stale"}, NeedsReauth),
            (400, {"code": 99991400, "msg": "slow down"}, Retry),
            (503, b"", Retry),
        ],
        ids=["bytes", "json-of-theirs", "gone", "no-scope", "stale", "busy", "broken"],
    )
    async def test_a_file_is_had_or_says_why_not(self, adapter, account, status, said, end):
        assert isinstance(await adapter.fetch_media(PICTURE, account, saying(status, said)), end)

    @pytest.mark.parametrize(
        ("kind", "name", "handed_in_as", "shown_as"),
        [
            ("file", "发票.PDF", "pdf", "file"),
            ("file", "合同.docx", "doc", "file"),
            ("file", "数据.xlsx", "xls", "file"),
            ("file", "README", "stream", "file"),
            ("voice", "a.opus", "opus", "audio"),
            ("video", "a.mp4", "mp4", "media"),
        ],
    )
    def test_a_file_is_handed_in_as_what_it_is(self, kind, name, handed_in_as, shown_as):
        file = OutboundFile(id=UUID(int=1), kind=kind, name=name, content_type="x/y", size=1, url="https://desk.test/f")
        assert (writing.file_type(file), writing.file_content(file, "k")[0]) == (handed_in_as, shown_as)


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

    def test_the_published_envelope_opens(self):
        """The vector of Feishu's own documents."""
        assert sealing.opened("test key", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=") == b"hello world"

    def test_the_published_envelope_is_sealed_to_the_byte(self):
        published = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="
        assert sealing.sealed("test key", b"hello world", base64.b64decode(published)[:16]) == published

    @pytest.mark.parametrize(("ago", "believed"), [(0, True), (25_100, True), (25_300, False), (-25_300, False)])
    def test_a_signature_lives_as_long_as_deliveries_are_repeated(self, adapter, simulator, ago, believed):
        assert self.verified(adapter, simulator.signed({"header": {"token": "a token"}}, ago), simulator.account()) == believed

    @pytest.mark.parametrize("token", ["another", "", "a token "])
    def test_another_verification_token_is_refused(self, adapter, simulator, token):
        assert not self.verified(adapter, simulator.signed({"header": {"token": token}}), simulator.account())

    def test_without_a_verification_token_the_key_alone_decides(self, adapter, simulator):
        account = simulator.account(secrets={"encrypt_key": KEY})
        assert self.verified(adapter, simulator.signed({"header": {"token": "anything"}}), account)
        assert not self.verified(adapter, simulator.signed({}), simulator.account(secrets={"encrypt_key": "another"}))

    def test_the_address_is_proven_by_what_is_in_the_envelope(self, adapter, simulator):
        asked = {"challenge": 'ajls384k"djx', "token": "a token", "type": "url_verification"}
        unsigned = msgspec.structs.replace(simulator.signed(asked), headers={})
        ack = adapter.verify(unsigned, simulator.account())
        assert ack == Ack(body='{"challenge":"ajls384k\\"djx"}', content_type="application/json")
        assert not self.verified(adapter, msgspec.structs.replace(unsigned, body=msgspec.json.encode(asked)), simulator.account())
        other = {**asked, "token": "another"}
        assert not self.verified(adapter, simulator.signed(other), simulator.account())

    def test_an_event_in_plain_is_never_believed(self, adapter, simulator):
        body = msgspec.json.encode({"schema": "2.0", "header": {"token": "a token", "event_type": "im.message.receive_v1"}})
        held = simulator.signed({})
        stamp, nonce = held.headers["x-lark-request-timestamp"], held.headers["x-lark-request-nonce"]
        headers = {**held.headers, "x-lark-signature": sealing.signature(stamp, nonce, KEY, body)}
        assert not self.verified(adapter, RawReceipt("POST", headers, {}, body), simulator.account())

    def test_why_an_envelope_is_refused_is_not_told(self, adapter, simulator):
        """Padding, JSON, token or signature: whoever tries envelopes byte by byte learns nothing from the answers."""
        account, good = simulator.account(), simulator.signed({"header": {"token": "a token"}})
        envelope = msgspec.json.decode(good.body)["encrypt"]
        plains = (b"", b"{", b'{"header": {"token": "another"}}', b'{"header": {"token": "a token"}}')
        tried = [*(sealing.sealed(KEY, plain) for plain in plains), envelope[:-6] + "AAAA==", "A" * 64]
        reasons = set()
        for encrypt in tried:
            with pytest.raises(Refused) as refused:
                adapter.verify(RawReceipt("POST", {}, {}, msgspec.json.encode({"encrypt": encrypt})), account)
            reasons.add((refused.value.message, str(refused.value.details)))
        assert len(reasons) == 1

    @pytest.mark.parametrize("header", ["x-lark-signature", "x-lark-request-timestamp", "x-lark-request-nonce"])
    def test_every_signed_part_counts(self, adapter, simulator, header):
        held = simulator.signed({"header": {"token": "a token"}})
        assert self.verified(adapter, held, simulator.account())
        for value in ("", "1", held.headers[header] + "0"):
            assert not self.verified(
                adapter, msgspec.structs.replace(held, headers={**held.headers, header: value}), simulator.account()
            )


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40))
def test_what_was_sealed_opens_with_its_key(plain, key):
    assert sealing.opened(key, sealing.sealed(key, plain)) == plain


@given(st.text(max_size=200), st.text(max_size=20))
def test_anything_else_is_refused_and_never_breaks(encrypted, key):
    with pytest.raises(QiaoError):
        sealing.opened(key, encrypted)


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 24, "A" * 44, "A" * 4_000_004, "é"], ids=range(6))
def test_what_is_no_envelope_is_refused(text):
    with pytest.raises(Refused):
        sealing.opened("test key", text)


@given(st.text(max_size=100), st.text(max_size=100))
def test_uuids_are_one_for_one_and_short_enough(one, other):
    assert len(writing.idempotency(one)) <= 50
    assert (writing.idempotency(one) == writing.idempotency(other)) == (one == other)
