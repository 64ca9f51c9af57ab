"""What a channel says of itself, as data: the composer, the admin's form, the bot and the docs read it and know no channel's name."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

Localised = dict[str, str]
"""Text by language code; a missing language falls back to another."""


class Capability(StrEnum):
    """What a channel can carry or tell."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    CARD = "card"
    OPTIONS = "options"
    QUOTE = "quote"
    RECALL = "recall"
    """The company can take back what it sent."""
    EDIT = "edit"
    REACTIONS = "reactions"
    TYPING = "typing"
    READ_MARKS = "read_marks"
    TEMPLATES = "templates"
    SUBJECT = "subject"
    PUBLIC_THREADS = "public_threads"
    """Comments under posts, which everybody sees, apart from private conversations."""
    PRIVATE_REPLY = "private_reply"
    MODERATION = "moderation"
    HISTORY = "history"
    """What was missed while the channel was broken can be fetched afterwards."""
    LIVE = "live"
    """The customer's own socket carries the replies; nothing is sent to a provider."""


TIERS = ("bronze", "silver", "gold")
SETTING_TYPES = frozenset(
    {
        "text",
        "localised",
        "localised_list",
        "colour",
        "choice",
        "switch",
        "origins",
        "image",
        "secret",
        "number",
        "url",
        "host",
        "json",
    }
)
MEDIA_KINDS = ("image", "voice", "video", "file")
AFTER_WINDOW = ("template", "tagged")
"""What may go when the window is shut: an approved template, or a reply that a person marks as theirs."""
ADDRESS_KINDS = ("local", "email", "phone")


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a choice setting."""

    value: str
    label: Localised


class SettingField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting of an inbox of this channel: enough to draw, check and document it."""

    key: str
    type: str
    """One of SETTING_TYPES. A secret is written and never read back; a host is HOST or HOST:PORT."""
    label: Localised
    hint: Localised | None = None
    default: Any = None
    choices: tuple[Choice, ...] = ()
    required: bool = False
    """Without it the channel cannot be connected."""


class ReplyWindow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long and how often one may write after the customer did something. None: without end, without number."""

    opened_by: str = "message"
    """"message", or the name of what a `WindowOpened` tells."""
    seconds: int | None = None
    count: int | None = None


class MediaLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the channel takes of one kind of file. No types: any."""

    kind: str
    types: tuple[str, ...] = ()
    max_bytes: int


class ReasonWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a provider refuses, for people. `code` stands as a word of its own in what an adapter gives as the reason."""

    code: str
    words: Localised


class Ack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider is answered when its delivery is stored."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a channel says of itself, read from manifest.toml."""

    name: str
    tier: str
    title: Localised
    capabilities: frozenset[Capability]
    max_text: int
    """Characters of one message; longer texts go in several."""
    counted: bool = False
    """Whether texts are counted and paid in parts: `Channel.counted` tells in how many."""
    markdown: bool = False
    """Whether the customer's side draws Markdown; otherwise it is sent as plain text."""
    max_files: int = 1
    example: bool = False
    """A made-up platform, kept to be read and copied: companies are not offered it, only whoever tries channels on their own machine."""
    """Files of one message; 0: none."""
    max_options: int = 0
    max_option_label: int = 20
    media: tuple[MediaLimit, ...] = ()
    windows: tuple[ReplyWindow, ...] = ()
    """None: one may always write. Several: one of them must be open."""
    after_window: tuple[str, ...] = ()
    per_second: float | None = None
    """Sends of one inbox a second that the provider bears."""
    address: str = "local"
    """What the customer's address is: the provider's own id within this inbox, or an e-mail address or a telephone number."""
    hosts: dict[str, str] = {}
    """The provider's addresses by role; an operator may put others in their place."""
    ack: Ack = Ack()
    webhook: bool = True
    """Whether the provider calls us. Its address is shown to the admin."""
    listens: bool = False
    """Whether `listen` holds a connection of our own."""
    introduces: bool = False
    """Whether `introduce` says who a customer is, when it is asked after their first message."""
    pull_seconds: int | None = None
    """How often `pull` looks without being called; None: only when a receipt says so."""
    settings: tuple[SettingField, ...] = ()
    reasons: tuple[ReasonWords, ...] = ()
    """What the provider's codes mean, beside those that an adapter gives one of our own words for."""
    alone: tuple[tuple[str, ...], ...] = ()
    """Settings that together name the account at the provider: no second inbox of a company may have the same, since both would answer."""
