"""What every channel promises, as tests: a channel's own tests subclass `ChannelSuite` and hand in the adapter and its samples.

    class TestLine(ChannelSuite):
        channel = "line"

        @pytest.fixture
        def adapter(self) -> Channel:
            return load_channels()["line"]

Samples lie beside the tests: `samples/NAME.json` is a receipt ({"method", "headers", "query", "body"} and "settings"),
`expected/NAME.json` the list of contracts that it holds. A channel that takes no webhooks has no samples.
"""

# ruff: noqa: S101 - these are tests, written once for every channel

import inspect
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest
import structlog

from qiao.kit.errors import QiaoError, Refused
from qiao.ports.channel import (
    Capability,
    Channel,
    InboundMessage,
    Manifest,
    NeedsReauth,
    OutboundMessage,
    RawReceipt,
    Rejected,
    Retry,
    Sent,
)

CANARY = "canary-5f0e7c"
LANGUAGES = {"zh", "en"}


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as a provider sent it, with the settings of the inbox that it was for."""

    method: str = "POST"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: str = ""
    settings: dict[str, Any] = {}

    def receipt(self, **changes: Any) -> RawReceipt:
        """As the adapter is handed it."""
        raw = RawReceipt(self.method, self.headers, self.query, self.body.encode())
        return msgspec.structs.replace(raw, **changes)


class ChannelSuite:
    """Subclass with `channel`, `settings` for what it is connected with, and the fixture `adapter`, over its simulator where it has one."""

    channel: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def folder(self) -> Path:
        """Where the tests of this channel lie."""
        return Path(inspect.getfile(type(self))).parent

    @pytest.fixture
    def samples(self, folder: Path) -> dict[str, Sample]:
        """Receipts by name."""
        return {path.stem: msgspec.json.decode(path.read_bytes(), type=Sample) for path in sorted(folder.glob("samples/*.json"))}

    def reply(self, **changes: Any) -> OutboundMessage:
        """A reply on its way out."""
        message = OutboundMessage(
            key="0190-key", workspace_id=UUID(int=1), inbox_id=UUID(int=2), inbox_settings={**self.settings},
            conversation_id=UUID(int=3), contact_address="lin@example.com", text="您好 hello",
        )  # fmt: skip
        return msgspec.structs.replace(message, **changes)

    def test_the_manifest_is_whole(self, adapter: Channel, folder: Path) -> None:
        """Named like its folder, in both languages, with defaults that its own rules allow."""
        manifest = adapter.manifest
        written = tomllib.loads((folder.parent / "manifest.toml").read_text(encoding="utf-8"))
        assert manifest == msgspec.convert(written, Manifest)
        assert manifest.name == self.channel
        assert set(manifest.title) >= LANGUAGES
        assert Capability.TEXT in manifest.capabilities
        assert manifest.max_text > 0
        for field in manifest.settings:
            assert set(field.label) >= LANGUAGES, field.key
            assert set(field.hint or field.label) >= LANGUAGES, field.key
            assert all(set(choice.label) >= LANGUAGES for choice in field.choices), field.key
            assert field.type != "choice" or field.default in [choice.value for choice in field.choices], field.key

    def test_it_has_a_picture_and_a_page(self, folder: Path) -> None:
        """The admin's list shows the picture; the page says how to connect it."""
        text = (folder.parent / "icon.svg").read_text(encoding="utf-8")
        assert text.startswith("<svg")
        assert not re.search(r"<script|\bon\w+=|href=|<foreignObject", text)
        assert (folder.parent / "README.md").exists()

    def test_what_the_provider_did_not_sign_is_refused(self, adapter: Channel, samples: dict[str, Sample]) -> None:
        """A body that was touched, no headers at all, and plain noise."""
        for sample in samples.values():
            adapter.verify(sample.receipt(), sample.settings)
            for forged in (sample.receipt(body=sample.body.encode() + b" "), sample.receipt(headers={})):
                with pytest.raises(Refused):
                    adapter.verify(forged, sample.settings)
        for noise in (b"", b"{}", b"\xff\x00", b"[" * 10_000):
            with pytest.raises(Refused):
                adapter.verify(RawReceipt("POST", {}, {}, noise), {**self.settings})

    def test_each_sample_gives_its_contracts_again_and_again(
        self, adapter: Channel, samples: dict[str, Sample], folder: Path
    ) -> None:
        """Parsing is pure; the provider's id is there to know a repetition by."""
        for name, sample in samples.items():
            parsed = list(adapter.parse(sample.receipt()))
            assert parsed == list(adapter.parse(sample.receipt())), name
            assert msgspec.json.decode(msgspec.json.encode(parsed)) == msgspec.json.decode(
                (folder / "expected" / f"{name}.json").read_bytes()
            ), name
            assert all(one.provider_id and one.contact_address for one in parsed if isinstance(one, InboundMessage)), name

    def test_parsing_survives_anything(self, adapter: Channel) -> None:
        """A receipt that is signed and makes no sense holds nothing, or is refused with a code."""
        for body in (b"", b"{}", b"null", b"[]", b'{"events": 5}', b"\xff\xfe", b"[" * 5_000):
            try:
                held = list(adapter.parse(RawReceipt("POST", {}, {}, body)))
            except QiaoError:
                continue
            assert held == []

    async def test_a_reply_has_one_of_four_ends(self, adapter: Channel) -> None:
        """Sent, or why not; a repetition with the same key is the same to the customer."""
        first, again = await adapter.send(self.reply()), await adapter.send(self.reply())
        assert isinstance(first, Sent | Retry | Rejected | NeedsReauth)
        assert isinstance(first, Sent), first
        assert first == again

    async def test_no_secret_reaches_a_log(self, adapter: Channel) -> None:
        """Whatever is in the settings of an inbox stays there."""
        hidden = {field.key: CANARY for field in adapter.manifest.settings} | {"secret": CANARY, "token": CANARY}
        with structlog.testing.capture_logs() as written:
            await adapter.send(self.reply(inbox_settings={**self.settings, **hidden}))
            with pytest.raises(Refused):
                adapter.verify(RawReceipt("POST", {"x-signature": CANARY}, {}, b"{}"), hidden)
        assert CANARY not in str(written)
