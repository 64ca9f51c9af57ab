"""What every channel promises, as tests: a channel's own tests subclass `ChannelSuite` and hand in the adapter and its simulator.

    class TestLine(ChannelSuite):
        channel = "line"

        @pytest.fixture
        def simulator(self, adapter: Channel) -> Simulator:
            return Simulator(adapter.manifest)

Samples lie beside the tests: `samples/NAME.json` is a receipt ({"method", "headers", "query", "body"}, with "settings" and "secrets" of
the inbox it was for), `expected/NAME.json` the list of contracts that it holds; what a contract has by default may be left out. A channel
that takes no webhooks has no samples; one that sends nothing to a provider (live) has no simulator.
"""

# ruff: noqa: S101 - these are tests, written once for every channel

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest
import structlog

from qiao.kit.errors import QiaoError, Refused
from qiao.ports.channel import (
    ADDRESS_KINDS,
    AFTER_WINDOW,
    MEDIA_KINDS,
    Account,
    Capability,
    Channel,
    Inbound,
    InboundMessage,
    Manifest,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Sent,
)
from qiao.ports.testing.wire import MemoryWire

CANARY = "canary-5f0e7c"
LANGUAGES = {"zh", "en"}


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as a provider sent it, with the inbox that it was for."""

    method: str = "POST"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: str = ""
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}

    def receipt(self, **changes: Any) -> RawReceipt:
        """As the adapter is handed it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        return msgspec.structs.replace(RawReceipt(self.method, headers, self.query, self.body.encode()), **changes)


class ChannelSuite:
    """What holds with or without a provider. Subclass with `channel` and the fixtures `adapter` and `account`."""

    channel: ClassVar[str]

    @pytest.fixture
    def folder(self) -> Path:
        """Where the tests of this channel lie."""
        return Path(inspect.getfile(type(self))).parent

    @pytest.fixture
    def samples(self, folder: Path) -> dict[str, Sample]:
        """Receipts by name."""
        return {path.stem: msgspec.json.decode(path.read_bytes(), type=Sample) for path in sorted(folder.glob("samples/*.json"))}

    @pytest.fixture
    def account(self) -> Account:
        """The inbox."""
        return Account(workspace_id=UUID(int=1), inbox_id=UUID(int=2), inbox_name="兰亭茶器")

    @pytest.fixture
    def wire(self) -> MemoryWire:
        """What the adapter does its work with."""
        return MemoryWire()

    def reply(self, **changes: Any) -> OutboundMessage:
        """A reply on its way out."""
        message = OutboundMessage(key="0190-key", conversation_id=UUID(int=3), to="customer-1", text="您好 hello")
        return msgspec.structs.replace(message, **changes)

    def of(self, account: Account, sample: Sample) -> Account:
        """The inbox that a sample was for."""
        settings, secrets = {**account.settings, **sample.settings}, {**account.secrets, **sample.secrets}
        return msgspec.structs.replace(account, settings=settings, secrets=secrets)

    def test_the_manifest_is_whole(self, adapter: Channel, folder: Path) -> None:
        """Named like its folder, in both languages, with words that the kit knows."""
        manifest = adapter.manifest
        written = tomllib.loads((folder.parent / "manifest.toml").read_text(encoding="utf-8"))
        assert manifest == msgspec.convert(written, Manifest)
        assert manifest.name == self.channel
        assert set(manifest.title) >= LANGUAGES
        assert Capability.TEXT in manifest.capabilities
        assert manifest.max_text > 0
        assert manifest.address in ADDRESS_KINDS
        assert set(manifest.after_window) <= set(AFTER_WINDOW)
        assert (
            bool(manifest.max_options) == (Capability.OPTIONS in manifest.capabilities)
            or Capability.LIVE in manifest.capabilities
        )
        assert {one.kind for one in manifest.media} <= set(MEDIA_KINDS) & {str(one) for one in manifest.capabilities}
        for field in manifest.settings:
            assert set(field.label) >= LANGUAGES, field.key
            assert set(field.hint or field.label) >= LANGUAGES, field.key
            assert all(set(choice.label) >= LANGUAGES for choice in field.choices), field.key
            assert field.type != "choice" or field.default in [choice.value for choice in field.choices], field.key
            assert field.type != "secret" or not field.default, field.key

    def test_it_has_a_picture_and_a_page(self, folder: Path) -> None:
        """The admin's list shows the picture; the page says how to connect it."""
        text = (folder.parent / "icon.svg").read_text(encoding="utf-8")
        assert text.startswith("<svg")
        assert not re.search(r"<script|\bon\w+=|href=|<foreignObject", text)
        assert (folder.parent / "README.md").exists()

    def test_what_the_provider_did_not_sign_is_refused(
        self, adapter: Channel, account: Account, samples: dict[str, Sample]
    ) -> None:
        """A body that was touched, nothing that proves it, and plain noise."""
        for sample in samples.values():
            inbox = self.of(account, sample)
            adapter.verify(sample.receipt(), inbox)
            for forged in self.forged(sample):
                with pytest.raises(Refused):
                    adapter.verify(forged, inbox)
        for noise in (b"", b"{}", b"\xff\x00", b"[" * 10_000):
            with pytest.raises(Refused):
                adapter.verify(RawReceipt("POST", {}, {}, noise), account)

    def forged(self, sample: Sample) -> list[RawReceipt]:
        """What must not be believed. A provider that signs less than its body says so by overriding this, with the reason."""
        return [sample.receipt(body=sample.body.encode() + b" "), sample.receipt(headers={}, query={})]

    def test_without_its_secrets_nothing_is_believed(
        self, adapter: Channel, account: Account, samples: dict[str, Sample]
    ) -> None:
        """An inbox that is not connected yet takes no receipt, signed with an empty key or not."""
        for sample in samples.values():
            inbox = msgspec.structs.replace(account, settings={**account.settings, **sample.settings}, secrets={})
            with pytest.raises(Refused):
                adapter.verify(sample.receipt(), inbox)

    def test_each_sample_gives_its_contracts_again_and_again(
        self, adapter: Channel, account: Account, samples: dict[str, Sample], folder: Path
    ) -> None:
        """Parsing is pure; the provider's id is there to know a repetition by."""
        for name, sample in samples.items():
            parsed = list(adapter.parse(sample.receipt(), self.of(account, sample)))
            assert parsed == list(adapter.parse(sample.receipt(), self.of(account, sample))), name
            assert parsed == msgspec.json.decode((folder / "expected" / f"{name}.json").read_bytes(), type=list[Inbound]), name
            assert all(one.provider_id and one.sender.address for one in parsed if isinstance(one, InboundMessage)), name

    def test_parsing_survives_anything(self, adapter: Channel, account: Account) -> None:
        """A receipt that is signed and makes no sense holds nothing, or is refused with a code."""
        for body in (
            b"",
            b"{}",
            b"null",
            b"[]",
            b'{"events": 5}',
            b'{"entry": [{"changes": {}}]}',
            b"<xml>",
            b"\xff\xfe",
            b"[" * 5_000,
        ):
            try:
                held = list(adapter.parse(RawReceipt("POST", {}, {}, body), account))
            except QiaoError:
                continue
            assert not [one for one in held if isinstance(one, InboundMessage)], body

    async def test_a_reply_gets_there(self, adapter: Channel, account: Account, wire: MemoryWire) -> None:
        """Sent, with the name that the provider gave it."""
        sent = await adapter.send(self.reply(), account, wire)
        assert isinstance(sent, Sent), sent

    async def test_what_is_not_declared_is_refused_before_the_wire(
        self, adapter: Channel, account: Account, wire: MemoryWire
    ) -> None:
        """Too long a text, and acts that the channel does not have."""
        long = self.reply(text="长" * (adapter.manifest.max_text + 1))
        if Capability.LIVE not in adapter.manifest.capabilities:
            assert isinstance(await adapter.send(long, account, wire), Rejected)
        if Capability.MODERATION not in adapter.manifest.capabilities:
            assert isinstance(await adapter.moderate("hide", "m1", account, wire), Rejected)
        assert wire.asked == []

    async def test_no_secret_reaches_a_log(self, adapter: Channel, account: Account, wire: MemoryWire) -> None:
        """Whatever is secret of an inbox stays there, in a refusal too."""
        hidden = msgspec.structs.replace(account, secrets=dict.fromkeys(account.secrets, CANARY))
        with structlog.testing.capture_logs() as written:
            result = await adapter.send(self.reply(), hidden, wire)
            with pytest.raises(Refused) as refused:
                adapter.verify(RawReceipt("POST", {"x-signature": CANARY}, {}, b"{}"), hidden)
        assert CANARY not in f"{written} {result} {refused.value} {refused.value.details}"
