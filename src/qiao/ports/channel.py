"""A channel: one way customers reach a company. A folder in qiao.channels implements this port and nothing outside names it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

Localised = dict[str, str]
"""Text by language code; a missing language falls back to another."""


class Capability(StrEnum):
    """What a channel can carry or tell. The composer, the admin form and the bot read these."""

    TEXT = "text"
    IMAGE = "image"
    FILE = "file"
    TYPING = "typing"
    READ_MARKS = "read_marks"
    OPTIONS = "options"
    LIVE = "live"
    """The customer's own socket carries the replies; nothing is sent to a provider."""


TIERS = ("bronze", "silver", "gold")
SETTING_TYPES = frozenset({"text", "localised", "localised_list", "colour", "choice", "switch", "origins", "image"})


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a choice setting."""

    value: str
    label: Localised


class SettingField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting of an inbox of this channel: enough to draw, check and document it."""

    key: str
    type: str
    """text, localised, colour, choice, switch, origins, localised_list or image."""
    label: Localised
    hint: Localised | None = None
    default: Any = None
    choices: tuple[Choice, ...] = ()


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a channel says of itself, read from manifest.toml."""

    name: str
    tier: str
    title: Localised
    capabilities: frozenset[Capability]
    max_text: int
    reply_window_hours: int | None = None
    """How long after the customer's last message one may write; None: always."""
    settings: tuple[SettingField, ...] = ()


class OutboundMessage(Struct, frozen=True, kw_only=True):
    """A reply on its way out. `key` stays the same over retries: a provider that can, deduplicates by it."""

    key: str
    workspace_id: UUID
    inbox_id: UUID
    inbox_settings: Mapping[str, Any]
    conversation_id: UUID
    contact_address: str | None
    text: str
    attachments: Sequence[Mapping[str, Any]] = ()
    content: Mapping[str, Any] | None = None


class Sent(Struct, frozen=True, tag="sent"):
    """The provider has it."""

    provider_id: str | None = None


class Retry(Struct, frozen=True, tag="retry"):
    """Not now; try again after so many seconds."""

    after_seconds: float
    reason: str


class Rejected(Struct, frozen=True, tag="rejected"):
    """Never: the provider said no. The agent is shown the reason."""

    reason: str


class NeedsReauth(Struct, frozen=True, tag="needs_reauth"):
    """The channel's credentials no longer work; an admin must connect it again."""

    reason: str


SendResult = Sent | Retry | Rejected | NeedsReauth


class RawReceipt(Struct, frozen=True):
    """What a provider delivered, before anything is believed."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class InboundMessage(Struct, frozen=True, kw_only=True):
    """A customer's message as a channel understood it."""

    provider_id: str
    contact_address: str
    contact_name: str | None
    text: str
    attachments: tuple[Mapping[str, Any], ...] = ()
    sent_at: datetime | None = None


Inbound = InboundMessage


class Channel(Protocol):
    """The adapter. `parse` is pure; `verify` raises auth.refused; `send` never raises for what a provider answers."""

    @property
    def manifest(self) -> Manifest:
        """What this channel says of itself."""
        ...

    def verify(self, receipt: RawReceipt, settings: Mapping[str, Any]) -> None:
        """Raise Refused when the receipt is not the provider's."""
        ...

    def parse(self, receipt: RawReceipt) -> Sequence[Inbound]:
        """The contracts in a receipt, in the provider's order."""
        ...

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hand a reply to the provider. Safe to repeat with the same key."""
        ...
