"""What a contact is."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from qiao.kit.ids import ContactId, InboxId, PersonId, WorkspaceId


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


class JoinProof(StrEnum):
    """What shows that two contacts are one person. A name or an address that somebody claims is none."""

    SIGNED_LINK = "signed_link"
    VERIFIED_EMAIL = "verified_email"
    VERIFIED_PHONE = "verified_phone"
    PLATFORM = "platform"
    """The provider says so of its own accounts."""
    AGENT = "agent"
    """A person of the company answers for it."""


class Sighting(Struct, frozen=True, kw_only=True):
    """Somebody who wrote: the address in its name space, what they claim, and what their provider has proven (kind, value)."""

    namespace: str
    value: str
    fields: ContactFields
    proofs: Sequence[tuple[str, str]] = ()


class Resolved(Struct, frozen=True):
    """Whose a sighting is. `joined` were found to be the same person just now, so that what is theirs has to follow."""

    contact_id: ContactId
    name: str | None
    joined: tuple[ContactId, ...] = ()
    fresh: bool = False


class Identity(Struct, frozen=True, kw_only=True):
    """One way in which a contact is known. `proven`: by its provider, not by what somebody wrote."""

    namespace: str
    value: str
    proven: bool
    created_at: datetime


class Join(Struct, frozen=True, kw_only=True):
    """That one contact was found to be another. Undone ones stay in the list."""

    id: UUID
    kept_id: ContactId
    other_id: ContactId
    proof: JoinProof
    by_id: PersonId | None
    created_at: datetime
    undone_at: datetime | None
    undone_by: PersonId | None


class Identities(Struct, frozen=True, kw_only=True):
    """In which ways a contact is known, and who was joined into it."""

    items: list[Identity]
    joins: list[Join]


class NewJoin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to join into a contact, and what shows that they are one person."""

    other_id: ContactId
    proof: JoinProof


class UndoJoin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to part from a contact again."""

    other_id: ContactId
