"""X: what every channel promises, the challenge, requests that are signed, and what the API's own answers mean."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.x_dm.adapter import Adapter
from qiao.channels.x_dm.simulator import USER_ID, Simulator
from qiao.kit.clock import utc_now
from qiao.kit.errors import Refused
from qiao.ports.channel import (
    AccountBroken,
    Channel,
    CompanyMessage,
    Connected,
    Media,
    NeedsReauth,
    OutboundFile,
    RawReceipt,
    ReadUpTo,
    Rejected,
    Retry,
    Sent,
    Typing,
)
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
CUSTOMER = "3001969357"


class TestX(PlatformSuite):
    channel = "x_dm"
    customer = CUSTOMER
    meaning: ClassVar = {Fault.TOKEN_REVOKED: (NeedsReauth,), Fault.WINDOW_CLOSED: ()}

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(MANIFEST)

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    def told(self, adapter, simulator, account):
        """What the last delivery holds."""
        assert adapter.verify(simulator.delivered[-1], account) is None
        return list(adapter.parse(simulator.delivered[-1], account))

    async def test_the_challenge_is_answered_with_its_signature(self, adapter, simulator, account) -> None:
        await simulator.challenge()
        ack = adapter.verify(simulator.delivered[-1], account)
        digest = hmac.new(account.secrets["consumer_secret"].encode(), b"challenge-1", hashlib.sha256).digest()
        assert msgspec.json.decode(ack.body) == {"response_token": "sha256=" + base64.b64encode(digest).decode()}
        assert ack.content_type == "application/json"

    @pytest.mark.parametrize(("query", "secrets"), [({}, None), ({"crc_token": ""}, None), ({"crc_token": "x"}, {})])
    def test_no_challenge_is_answered_without_a_token_or_a_secret(self, query, secrets, adapter, simulator) -> None:
        account = simulator.account(**({} if secrets is None else {"secrets": secrets}))
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("GET", {}, query, b""), account)

    async def test_connecting_registers_our_address_once_and_subscribes(self, adapter, simulator, account, wire) -> None:
        for _ in range(2):
            connected = await adapter.connect(account, wire)
            assert (connected.title, set(connected.todo)) == ("@lanting_tea", {"zh", "en"})
        assert [*simulator.hooks.values()] == ["http://desk.test/in/key"]
        assert simulator.subscribed == set(simulator.hooks)
        await adapter.disconnect(account, wire)
        assert simulator.hooks == {}

    async def test_an_address_of_somebody_else_is_left_alone(self, adapter, simulator, account, wire) -> None:
        simulator.hooks["1"] = "https://other.example/in"
        await adapter.connect(account, wire)
        await adapter.disconnect(account, wire)
        assert simulator.hooks == {"1": "https://other.example/in"}

    async def test_without_a_bearer_token_the_address_is_left_to_the_admin(self, adapter, simulator, wire) -> None:
        held = {name: value for name, value in simulator.secrets.items() if name != "bearer_token"}
        assert isinstance(await adapter.connect(simulator.account(secrets=held), wire), Connected)
        assert simulator.hooks == {}

    @pytest.mark.parametrize("name", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"])
    async def test_each_key_is_needed_for_the_signature(self, name, adapter, simulator, account, wire) -> None:
        other = msgspec.structs.replace(account, secrets={**account.secrets, name: "another"})
        assert isinstance(await adapter.send(self.reply(), other, wire), NeedsReauth)
        assert simulator.shown(CUSTOMER) == []

    async def test_two_requests_have_two_signatures(self, adapter, simulator, account, wire) -> None:
        for _ in range(2):
            assert isinstance(await adapter.send(self.reply(), account, wire), Sent)
        assert len({one.headers["authorization"] for one in simulator.asked}) == 2

    async def test_the_names_of_the_customer_come_along(self, adapter, simulator, account) -> None:
        await simulator.customer_writes(CUSTOMER, "你好", name="林语桐")
        (message,) = self.told(adapter, simulator, account)
        assert (message.sender.name, message.sender.attributes) == ("林语桐", {"username": f"user{CUSTOMER}"})

    async def test_a_picture_comes_with_its_words_and_without_its_short_address(self, adapter, simulator, account, wire) -> None:
        await self.test_a_file_of_the_customer_can_be_had("image", adapter, simulator, account, wire)
        (message,) = self.told(adapter, simulator, account)
        assert message.text == ""

    async def test_addresses_in_a_text_are_given_in_full(self, adapter, simulator, account) -> None:
        links = [{"url": "https://t.co/a", "expanded_url": "https://shop.test/cup"}, {"url": "", "expanded_url": "x"}]
        words = {"text": "看 https://t.co/a 这个", "entities": {"urls": links}}
        await simulator.created("1", (CUSTOMER, USER_ID), words, "林")
        assert self.told(adapter, simulator, account)[0].text == "看 https://shop.test/cup 这个"

    async def test_what_colleagues_wrote_elsewhere_is_shown_and_our_own_is_not(self, adapter, simulator, account) -> None:
        await simulator.company_writes(CUSTOMER, "我在手机上回您")
        (told,) = self.told(adapter, simulator, account)
        assert (type(told), told.sender.address, told.text) == (CompanyMessage, CUSTOMER, "我在手机上回您")
        await simulator.company_writes(CUSTOMER, "您好", app_id="13090192")
        assert self.told(adapter, simulator, account) == []
        other = msgspec.structs.replace(account, settings={"user_id": USER_ID})
        assert len(self.told(adapter, simulator, other)) == 1

    async def test_a_delivery_for_another_account_is_not_ours(self, adapter, simulator, account) -> None:
        await simulator.customer_writes(CUSTOMER, "你好")
        for settings in ({"user_id": "1"}, {"user_id": ""}, {}):
            other = msgspec.structs.replace(account, settings=settings)
            assert self.told(adapter, simulator, other) == []

    async def test_typing_and_reading_are_told(self, adapter, simulator, account) -> None:
        await simulator.customer_types(CUSTOMER)
        (typing,) = self.told(adapter, simulator, account)
        await simulator.customer_types(CUSTOMER, "direct_message_mark_read_events")
        (read,) = self.told(adapter, simulator, account)
        assert (type(typing), typing.sender.address) == (Typing, CUSTOMER)
        assert (type(read), read.sender.address, read.at.timestamp()) == (ReadUpTo, CUSTOMER, 1_770_000_000)
        await simulator.customer_types(USER_ID)
        assert self.told(adapter, simulator, account) == []

    async def test_a_permission_that_is_taken_back_breaks_the_account(self, adapter, simulator, account) -> None:
        revoke = {"date_time": "2026-11-22", "target": {"app_id": "13090192"}, "source": {"user_id": USER_ID}}
        await simulator.tell({"user_event": {"revoke": revoke}})
        assert [type(one) for one in self.told(adapter, simulator, account)] == [AccountBroken]

    async def test_an_upload_that_names_no_file_is_the_end_of_the_send(self, adapter, account) -> None:
        picture = {"id": "00000000-0000-0000-0000-000000000009", "name": "茶杯.png", "size": 9, "url": "http://desk.test/9"}
        file = msgspec.convert({**picture, "kind": "image", "content_type": "image/png"}, OutboundFile)
        wire = SayingWire(200, {"data": {}})
        wire.files["茶杯.png"] = b"123456789"
        assert isinstance(await adapter.send(self.reply(text="", files=(file,)), account, wire), Retry)
        assert [one.form for one in wire.asked] == [{"media_category": "dm_image"}]

    @pytest.mark.parametrize("to", ["nobody", "../users/me", "１２", "", "-1"])
    async def test_a_nobody_is_not_written_to(self, to, adapter, account, wire) -> None:
        assert await adapter.send(self.reply(to=to), account, wire) == Rejected("unknown_address")
        assert wire.asked == []

    @pytest.mark.parametrize(
        ("status", "body", "end"),
        [
            (401, {"title": "Unauthorized"}, NeedsReauth("Unauthorized")),
            (403, {"detail": "d", "type": "https://api.x.com/2/problems/client-forbidden"}, NeedsReauth("d")),
            (403, {"detail": "d", "type": "https://api.x.com/2/problems/unsupported-authentication"}, NeedsReauth("d")),
            (403, {"detail": "You do not have permission to DM"}, Rejected("blocked")),
            (404, {"title": "Not Found"}, Rejected("unknown_address")),
            (400, {"detail": "One or more\nparameters"}, Rejected("One or more parameters")),
            (400, [], Rejected("the provider answered 400")),
            (503, {"title": "Service Unavailable"}, Retry(30.0, "Service Unavailable")),
            (201, {"data": {}}, Retry(30.0, "the answer names no message")),
            (201, {"data": {"dm_event_id": 5}}, Retry(30.0, "the provider's answer makes no sense")),
            (201, {"data": {"dm_event_id": "9"}}, Sent("9")),
        ],
    )
    async def test_each_answer_has_its_meaning(self, status, body, end, adapter, account) -> None:
        assert await adapter.send(self.reply(), account, SayingWire(status, body)) == end

    @pytest.mark.parametrize(("ahead", "least", "most"), [(90, 80, 90), (-500, 1, 1), (90_000, 3600, 3600)])
    async def test_a_limit_is_waited_for_within_reason(self, ahead, least, most, adapter, account) -> None:
        reset = str(int(utc_now().timestamp()) + ahead)
        waited = await adapter.send(self.reply(), account, SayingWire(429, {}, **{"x-rate-limit-reset": reset}))
        assert least <= waited.after_seconds <= most

    async def test_a_limit_without_an_end_is_waited_for_a_little(self, adapter, account) -> None:
        assert await adapter.send(self.reply(), account, SayingWire(429, {})) == Retry(30.0, "rate_limited")

    async def test_an_answer_that_was_lost_is_tried_again(self, adapter, simulator, account) -> None:
        assert isinstance(await adapter.send(self.reply(), account, LosingWire(simulator)), Retry)

    @pytest.mark.parametrize("url", ["https://evil.example/dm/1", "http://platform.test/mediadm/1", "", "file:///etc/passwd"])
    async def test_a_picture_elsewhere_is_not_asked_for_with_our_signature(self, url, adapter, account, wire) -> None:
        assert await adapter.fetch_media(Media(kind="image", ref={"url": url}), account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_a_picture_with_a_query_is_signed_with_it(self, adapter, simulator, account, wire) -> None:
        simulator.files["1"] = b"bytes"
        media = Media(kind="image", ref={"url": "http://platform.test/media/dm/1?name=large&format=jpg"})
        assert (await adapter.fetch_media(media, account, wire)).data == b"bytes"
        assert dict(wire.asked[-1].query) == {"name": "large", "format": "jpg"}

    @pytest.mark.parametrize(("status", "end"), [(410, Rejected("expired")), (503, Retry(30.0, "the provider answered 503"))])
    async def test_a_picture_that_cannot_be_had_is_gone_or_asked_for_again(self, status, end, adapter, account) -> None:
        media = Media(kind="image", ref={"url": "http://platform.test/media/dm/1"})
        assert await adapter.fetch_media(media, account, SayingWire(status, b"")) == end
