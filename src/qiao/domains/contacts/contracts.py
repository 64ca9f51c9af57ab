"""What a contact is."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from qiao.kit.ids import ContactId, InboxId, WorkspaceId


class Contact(Struct, frozen=True, kw_only=True):
    """A person outside. `identified`: proven by the company's own signature; everything else is what was claimed or noted."""

    id: ContactId
    name: str | None
    email: str | None
    phone: str | None
    locale: str | None
    city: str | None
    country: str | None
    tier: str | None
    identified: bool
    attributes: dict[str, str]
    created_at: datetime
    last_seen_at: datetime | None
    conversation_count: int = 0


class ContactFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be known of a new contact."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str | None = None
    city: str | None = None
    country: str | None = None
    tier: str | None = None
    attributes: dict[str, str] | None = None


class ContactChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent may change; absent fields stay."""

    name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    city: str | UnsetType | None = UNSET
    country: str | UnsetType | None = UNSET
    attributes: dict[str, str] | UnsetType = UNSET


class Visitor(Struct, frozen=True, kw_only=True):
    """Who holds a visitor token: one contact, through one inbox."""

    workspace_id: WorkspaceId
    contact_id: ContactId
    inbox_id: InboxId
    name: str | None
    identified: bool
    digest: bytes
    merged_from: ContactId | None = None


class Proven(Struct, frozen=True, kw_only=True):
    """What is certain of a contact: the company's own id of them, when its signature named one, and the visits that were joined into it."""

    external_id: str | None
    former: tuple[ContactId, ...]
