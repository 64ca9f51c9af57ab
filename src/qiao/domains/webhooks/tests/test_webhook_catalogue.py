"""The public catalogue: each event has words, an example of its own shape, and is made of the fact that it names."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from qiao.domains.contacts.contracts import Contact
from qiao.domains.contacts.events import ContactChanged, ContactCreated, ContactMerged
from qiao.domains.conversations.contracts import Author, AuthorKind, Status
from qiao.domains.conversations.events import Assigned, Resolved
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.webhooks.catalogue import BY_FACT, KINDS, TYPES, delivery_id, entries, events_of, message_id
from qiao.kit.ids import ContactId, ConversationId
from qiao.platform.log.facts import Entry, Recorded

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CONVERSATION, INBOX = UUID(int=1), UUID(int=2)
BY = Author(AuthorKind.AGENT, UUID(int=3), "小棠")


def logged(fact, position=1):
    """A fact as the log gives it back."""
    one = Recorded.of(fact)
    return Entry(UUID(int=9), position, one.name, one.subject, one.seq, AT, one.data, None, 0)


def public(fact):
    """What is sent of a fact to one who wants everything."""
    return [msgspec.json.decode(one.body) for one in events_of([logged(fact)], TYPES, {CONVERSATION: INBOX})]


def test_no_fact_makes_two_events_and_no_event_is_called_like_another():
    assert len(BY_FACT) == len(TYPES) == len(KINDS)


@pytest.mark.parametrize("entry", entries(), ids=lambda one: one.type)
def test_an_entry_is_whole_and_its_example_is_of_its_own_shape(entry):
    kind = next(one for one in KINDS if one.name == entry.type)
    example = msgspec.json.decode(entry.example)
    assert set(example) == {"type", "timestamp", "data"}
    assert example["type"] == entry.type
    read = msgspec.convert(example["data"], kind.data, strict=False)
    assert msgspec.to_builtins(read) == example["data"]
    assert {lang: bool(text) for lang, text in {**entry.title}.items()} == {"zh": True, "en": True}
    assert set(entry.text) == {"zh", "en"}
    assert entry.schema["$defs"]


def test_of_a_change_only_what_changed_is_told_with_the_inbox_it_happened_in():
    fact = Assigned(conversation_id=ConversationId(CONVERSATION), by=BY, status=Status.OPEN, assignee_id=UUID(int=3))
    (sent,) = public(fact)
    assert sent["data"] == {
        "conversation_id": str(CONVERSATION),
        "inbox_id": str(INBOX),
        "by": {"kind": "agent", "id": str(UUID(int=3)), "name": "小棠"},
        "status": "open",
        "assignee_id": str(UUID(int=3)),
    }


def test_a_value_that_was_taken_away_is_told_as_none():
    (sent,) = public(Resolved(conversation_id=ConversationId(CONVERSATION), by=BY, assignee_id=None))
    assert sent["data"]["assignee_id"] is None


@pytest.mark.parametrize(
    ("state", "count"), [("queued", 0), ("sent", 0), ("read", 0), ("retrying", 0), ("rejected", 1), ("held", 1)]
)
def test_of_a_replys_way_only_its_failure_is_told(state, count):
    fact = DeliveryChanged(conversation_id=ConversationId(CONVERSATION), message_seq=4, state=state, reason="blocked")
    assert [one["type"] for one in public(fact)] == ["delivery.failed"] * count


def test_contacts_are_told_whole_and_who_became_whom():
    contact = Contact(
        id=ContactId(UUID(int=5)), name="Mia", email="mia@example.com", phone=None, locale="zh", city=None, country=None, tier="gold",
        identified=True, attributes={"vip": "yes"}, created_at=AT, last_seen_at=None, conversation_count=3,
    )  # fmt: skip
    (sent,) = public(ContactChanged(contact=contact))
    assert (sent["data"]["contact_id"], sent["data"]["tier"], sent["data"]["attributes"]) == (
        str(contact.id),
        "gold",
        {"vip": "yes"},
    )
    assert "conversation_count" not in sent["data"]
    (new,) = public(ContactCreated(contact=contact))
    assert (new["type"], new["data"]) == ("contact.created", sent["data"])
    merged = ContactMerged(contact_id=ContactId(UUID(int=8)), merged_into=ContactId(UUID(int=5)), proof="verified_email")
    assert public(merged)[0]["data"]["joined_into_id"] == str(UUID(int=5))


def test_what_nobody_wants_is_not_made():
    fact = Resolved(conversation_id=ConversationId(CONVERSATION), by=BY)
    assert events_of([logged(fact)], {"message.sent"}, {}) == []


def test_an_id_is_the_same_whenever_it_is_worked_out_and_another_for_another_endpoint_place_or_history():
    fact = Resolved(conversation_id=ConversationId(CONVERSATION), by=BY)
    (one,), (again,) = (events_of([logged(fact)], TYPES, {}) for _ in range(2))
    (later,) = events_of([logged(fact, 2)], TYPES, {})
    (restored,) = events_of([msgspec.structs.replace(logged(fact), at=datetime(2026, 12, 1, tzinfo=UTC))], TYPES, {})
    endpoint, other = UUID(int=11), UUID(int=12)
    assert delivery_id(endpoint, one.told) == delivery_id(endpoint, again.told)
    ids = [delivery_id(endpoint, one.told), delivery_id(endpoint, later.told), delivery_id(endpoint, restored.told)]
    assert len({*ids, delivery_id(other, one.told)}) == 4
    assert message_id(ids[0]).startswith("msg_")
