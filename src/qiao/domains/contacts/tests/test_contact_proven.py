"""What is certain of a contact: the company's own id of them, and the visits that were joined into it."""

from datetime import timedelta

import pytest

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactChanges, ContactFields
from qiao.domains.contacts.errors import ContactNotFound
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, InboxId, new_id
from qiao.platform.auth.signing import Proof

pytestmark = pytest.mark.database

INBOX = InboxId(new_id())


@pytest.fixture
def act(database, workspace):
    contacts = Contacts(database)

    async def act(name, *arguments):
        async with database.scope(workspace.id) as scope:
            return await getattr(contacts, name)(scope, *arguments)

    return act


def proof(subject) -> Proof:
    return Proof(subject, {}, utc_now() + timedelta(hours=1))


async def test_a_visit_is_nobody_until_a_signature_says_who(act):
    _, visitor = await act("begin_visit", INBOX, ContactFields(email="a@b.example"))
    assert (await act("proven", visitor.contact_id)).external_id is None
    _, signed = await act("identify", INBOX, proof("u-7"), visitor)
    assert (await act("proven", signed.contact_id)).external_id == "u-7"


async def test_what_was_noted_changes_nothing(act):
    _, signed = await act("identify", INBOX, proof("u-7"), None)
    await act("change", signed.contact_id, ContactChanges(email="x@y.example", attributes={"external_id": "u-8"}))
    known = await act("proven", signed.contact_id)
    assert (known.external_id, known.former) == ("u-7", ())


async def test_visits_that_were_joined_are_named_and_say_nothing_themselves(act):
    await act("identify", INBOX, proof("u-7"), None)
    visits = [(await act("begin_visit", INBOX, ContactFields()))[1] for _ in range(2)]
    for visitor in visits:
        _, signed = await act("identify", INBOX, proof("u-7"), visitor)
    known = await act("proven", signed.contact_id)
    assert set(known.former) == {visitor.contact_id for visitor in visits}
    assert (await act("proven", visits[0].contact_id)).external_id is None


async def test_a_contact_of_nowhere_or_elsewhere_is_not_there(act, database):
    other = await Workspaces(database).create(f"w-{new_id().hex[:12]}", {"zh": "别家", "en": "Another"})
    async with database.scope(other.id) as scope:
        theirs = await Contacts(database).create(scope, ContactFields(name="x"))
    for contact_id in (theirs.id, ContactId(new_id())):
        with pytest.raises(ContactNotFound):
            await act("proven", contact_id)
