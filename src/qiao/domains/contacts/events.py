"""Facts of contacts."""

from uuid import UUID

from qiao.domains.contacts.contracts import Contact
from qiao.kit.ids import ContactId, PersonId
from qiao.platform.log.facts import Fact


class ContactCreated(Fact, frozen=True, kw_only=True):
    """Somebody new: by a channel, a program, a colleague or a proof. A visitor who only looks is nobody yet, and is not told."""

    wire_name = "contacts.created.v1"
    whole = "contact"

    contact: Contact

    @property
    def about(self) -> UUID:
        return self.contact.id


class ContactChanged(Fact, frozen=True, kw_only=True):
    """What is known of a contact changed."""

    wire_name = "contacts.changed.v1"
    whole = "contact"

    contact: Contact

    @property
    def about(self) -> UUID:
        return self.contact.id


class ContactMerged(Fact, frozen=True, kw_only=True):
    """A contact turned out, by proof, to be another one."""

    wire_name = "contacts.merged.v1"

    contact_id: ContactId
    merged_into: ContactId
    proof: str = "external_id"
    by_id: PersonId | None = None

    @property
    def about(self) -> UUID:
        return self.contact_id


class ContactUnjoined(Fact, frozen=True, kw_only=True):
    """They were two people after all: what was moved goes back."""

    wire_name = "contacts.unjoined.v1"

    contact_id: ContactId
    left: ContactId
    by_id: PersonId | None = None

    @property
    def about(self) -> UUID:
        return self.contact_id
