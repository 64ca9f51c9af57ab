"""Xiaohongshu: what every channel promises, the partner's webhook, and sending as the admin described it."""

import time
from typing import Any, ClassVar

import msgspec
import pytest

from qiao.channels.registry import load_channel
from qiao.channels.shared.sealed_push import fields_of
from qiao.channels.xiaohongshu.simulator import KEY, Simulator
from qiao.kit.errors import Invalid, Refused
from qiao.kit.sealed_callback import sealed, signature
from qiao.kit.webhook_signatures import signed_hex
from qiao.ports.channel import Ack, Channel, Connected, InboundMessage, Media, NeedsReauth, RawReceipt, Rejected, Retry, Sent
from qiao.ports.testing.channel_suite import Sample
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault

SECRET = Simulator.secrets["callback_token"]


class TestXiaohongshu(PlatformSuite):
    channel = "xiaohongshu"
    customer: ClassVar[str] = "u-1"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("xiaohongshu")

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    def forged(self, sample: Sample) -> list[RawReceipt]:
        """The envelope is what is signed: the words around it may be written in many ways."""
        encrypted = fields_of(sample.body.encode())["Encrypt"]
        touched = sample.body.replace(encrypted[:8], encrypted[:7] + ("A" if encrypted[7] != "A" else "B"))
        return [
            sample.receipt(body=touched.encode()),
            sample.receipt(body=b'{"MsgId": "1", "FromUserName": "u-1", "Content": "open"}'),
            sample.receipt(query={**sample.query, "nonce": "other"}),
            sample.receipt(headers={}, query={}),
        ]

    def partner(self, simulator: Simulator, **changes: Any) -> Any:
        """The account as a partner serves it."""
        simulator.mode = "partner"
        return simulator.account(settings={**simulator.account().settings, "mode": "partner", **changes})

    def call(self, body: bytes, seconds: int = 0, secret: str = SECRET) -> RawReceipt:
        """A partner's call of so long ago."""
        then = str(int(time.time()) - seconds)
        return RawReceipt("POST", {"x-timestamp": then, "x-signature": signed_hex(secret, then.encode() + body)}, {}, body)

    async def test_the_handshake_of_a_mini_program_is_echoed(self, adapter, account):
        now = str(int(time.time()))
        query = {"timestamp": now, "nonce": "n", "signature": signature(SECRET, now, "n"), "echostr": "4375"}
        assert adapter.verify(RawReceipt("GET", {}, query, b""), account) == Ack(body="4375")

    async def test_a_partners_messages_arrive(self, adapter, simulator):
        account = self.partner(simulator)
        await simulator.customer_writes(self.customer, "还有吗？")
        receipt = simulator.delivered[-1]
        assert adapter.verify(receipt, account) is None
        (message,) = adapter.parse(receipt, account)
        assert isinstance(message, InboundMessage)
        assert (message.text, message.sender.address, message.sender.name) == ("还有吗？", self.customer, "林语桐")

    async def test_a_partners_call_is_believed_with_its_secret_and_while_it_is_fresh(self, adapter, simulator):
        account = self.partner(simulator)
        assert adapter.verify(self.call(b"{}", 200), account) is None
        good = self.call(b"{}")
        for receipt in (
            self.call(b"{}", 400),
            self.call(b"{}", -400),
            self.call(b"{}", secret="another"),
            msgspec.structs.replace(good, body=b"{} "),
            msgspec.structs.replace(good, headers={**good.headers, "x-timestamp": str(int(good.headers["x-timestamp"]) + 1)}),
            msgspec.structs.replace(good, headers={"x-signature": good.headers["x-signature"]}),
            msgspec.structs.replace(good, headers={**good.headers, "x-timestamp": "soon"}),
        ):
            with pytest.raises(Refused):
                adapter.verify(receipt, account)

    async def test_a_partner_may_sign_the_body_alone_and_name_its_headers(self, adapter, simulator):
        account = self.partner(simulator, timestamp_header="", signature_header="X-Partner-Sign")
        signed = RawReceipt("POST", {"x-partner-sign": "sha256=" + signed_hex(SECRET, b"{}")}, {}, b"{}")
        assert adapter.verify(signed, account) is None
        with pytest.raises(Refused):
            adapter.verify(msgspec.structs.replace(signed, body=b"{ }"), account)
        with pytest.raises(Refused):
            adapter.verify(signed, msgspec.structs.replace(account, secrets={}))

    async def test_several_messages_of_one_call_come_in_their_order(self, adapter, simulator):
        paths = {"list": "data.items", "id": "id", "sender": "user.id", "text": "content.text", "image": "content.url"}
        account = self.partner(simulator, receiving=paths)
        items = [{"id": n, "user": {"id": "u-1"}, "content": {"text": f"{n}"}} for n in (1, 2, 3)]
        body = msgspec.json.encode({"data": {"items": [*items, "noise", {"id": 4}]}})
        assert [one.text for one in adapter.parse(RawReceipt("POST", {}, {}, body), account)] == ["1", "2", "3"]

    async def test_a_reply_is_written_as_the_admin_described_it(self, adapter, simulator, account, wire):
        words = '您好 "引号" {secret} {to}\n第二行'
        sent = await adapter.send(self.reply(text=words), account, wire)
        assert sent == Sent("sent-0190-key")
        asked = simulator.asked[-1]
        assert asked.json() == {"open_id": self.customer, "content": {"text": words}, "uuid": "0190-key"}
        assert asked.query == {"app": simulator.settings["app_id"]}
        assert simulator.secrets["api_secret"] not in asked.body.decode()

    async def test_a_customers_words_never_lead_anywhere(self, adapter, account, wire):
        """An address is the admin's; a header stays on its line."""
        sending = {"url": "http://platform.test/messages?x={text}{to}{key}", "headers": {"x-note": "a{text}b"}}
        inbox = msgspec.structs.replace(account, settings={**account.settings, "sending": sending})
        await adapter.send(self.reply(text="../../admin\r\nx-evil: 1"), inbox, wire)
        assert wire.asked[-1].url == "http://platform.test/messages?x="
        assert wire.asked[-1].headers["x-note"] == "a../../admin  x-evil: 1b"

    async def test_every_try_has_the_same_key(self, adapter, simulator, account, wire):
        assert len({await adapter.send(self.reply(), account, wire) for _ in range(3)}) == 1
        assert len(simulator.shown(self.customer)) == 1

    async def test_a_stale_token_is_fetched_again_once(self, adapter, simulator, account, wire):
        assert isinstance(await adapter.send(self.reply(), account, wire), Sent)
        simulator.valid = "revoked"
        assert isinstance(await adapter.send(self.reply(key="k2"), account, wire), Sent)
        assert simulator.issued == 2
        simulator.go_wrong(Fault.TOKEN_REVOKED, Fault.TOKEN_REVOKED, Fault.TOKEN_REVOKED)
        assert await adapter.send(self.reply(key="k3"), account, wire) == NeedsReauth("the access token is not believed")

    async def test_a_token_of_the_partners_own_needs_no_fetching(self, adapter, simulator, account, wire):
        simulator.valid = account.secrets["api_secret"]
        sending = {**account.settings["sending"], "headers": {"Authorization": "Bearer {secret}"}, "token": None}
        inbox = msgspec.structs.replace(account, settings={**account.settings, "sending": sending})
        assert isinstance(await adapter.send(self.reply(), inbox, wire), Sent)
        assert [one.path for one in simulator.asked] == ["/messages"]

    @pytest.mark.parametrize("sending", [{}, {"url": ""}, None])
    async def test_without_a_mapping_it_only_receives(self, adapter, account, wire, sending):
        inbox = msgspec.structs.replace(account, settings={**account.settings, "sending": sending})
        assert await adapter.send(self.reply(), inbox, wire) == Rejected("not_allowed")
        assert isinstance(await adapter.connect(inbox, wire), Connected)
        assert wire.asked == []

    @pytest.mark.parametrize("sending", [{"urls": "x"}, {"url": 5}, [], {"token": {"body": {}}}, {"headers": {"a": 1}}])
    async def test_a_mapping_that_is_none_is_told_to_the_admin(self, adapter, account, wire, sending):
        inbox = msgspec.structs.replace(account, settings={**account.settings, "sending": sending or ["x"]})
        refused = await adapter.connect(inbox, wire)
        assert isinstance(refused, Rejected)
        assert refused.reason.startswith("sending: ")
        assert isinstance(await adapter.send(self.reply(), inbox, wire), NeedsReauth)

    async def test_a_mapping_for_receiving_that_is_none_parks_the_push(self, adapter, simulator, account, wire):
        inbox = msgspec.structs.replace(account, settings={**account.settings, "receiving": {"texts": "a"}})
        await simulator.customer_writes(self.customer, "在吗")
        with pytest.raises(Invalid, match="receiving"):
            adapter.parse(simulator.delivered[-1], inbox)
        assert isinstance(await adapter.connect(inbox, wire), Rejected)

    async def test_a_push_for_another_program_is_parked(self, adapter, account):
        body = msgspec.json.encode({"Encrypt": sealed(KEY, b"{}", "another app")})
        with pytest.raises(Invalid):
            adapter.parse(RawReceipt("POST", {}, {}, body), account)

    async def test_a_token_that_is_not_given_is_the_admins(self, adapter, account, wire):
        wrong = msgspec.structs.replace(account, secrets={**account.secrets, "api_secret": "mistyped"})
        assert await adapter.connect(wrong, wire) == NeedsReauth("the other side answered 403")

    async def test_a_picture_without_an_address_has_expired(self, adapter, simulator, account, wire):
        assert await adapter.fetch_media(Media(kind="image"), account, wire) == Rejected("expired")
        gone = Media(kind="image", ref={"url": "http://platform.test/pictures/none"})
        assert await adapter.fetch_media(gone, account, wire) == Rejected("expired")
        simulator.go_wrong(Fault.CUT)
        assert isinstance(await adapter.fetch_media(gone, account, wire), Retry)
