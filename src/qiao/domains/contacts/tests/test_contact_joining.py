"""Who becomes whom by proof, what a token is worth before and after, and contacts made many at a time."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactChanges, ContactFields
from qiao.domains.contacts.errors import ContactInvalid, VisitorUnknown
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, InboxId, new_id
from qiao.platform.auth.signing import Proof
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database

INBOX, OTHER_INBOX = InboxId(new_id()), InboxId(new_id())


@pytest.fixture
def contacts(database) -> Contacts:
    return Contacts(database)


@pytest.fixture
def act(contacts, database, workspace):
    async def act(name, *arguments, **options):
        async with database.scope(workspace.id) as scope:
            return await getattr(contacts, name)(scope, *arguments, **options)

    return act


@pytest.fixture
def merges(database, workspace):
    """(who, into whom) as told."""

    async def merges():
        async with database.across() as connection:
            entries = await read_after(connection, workspace.id, 0)
        told = [one.fields() for one in entries if one.name == "contacts.merged.v1"]
        return [(fact["contact_id"], fact["merged_into"]) for fact in told]

    return merges


@pytest.fixture
def visit(act):
    async def visit(**fields):
        return await act("begin_visit", INBOX, ContactFields(**fields))

    return visit


def proof(subject="u-1", seconds=3600, **claims) -> Proof:
    return Proof(subject, claims, utc_now() + timedelta(seconds=seconds))


async def test_a_proof_without_a_visit_makes_a_known_contact(act, contacts, merges):
    token, known = await act("identify", INBOX, proof(name="林语桐"), None)
    assert (known.identified, known.merged_from, known.name) == (True, None, "林语桐")
    assert (await contacts.visitor(token)).contact_id == known.contact_id
    assert await merges() == []


async def test_several_visits_of_one_person_end_in_one_contact(act, visit, merges):
    _, first = await act("identify", INBOX, proof(), (await visit(name="a"))[1])
    visitors = [(await visit(name=str(n)))[1] for n in range(3)]
    for visitor in visitors:
        _, known = await act("identify", OTHER_INBOX, proof(), visitor)
        assert (known.contact_id, known.merged_from, known.inbox_id) == (first.contact_id, visitor.contact_id, OTHER_INBOX)
    assert await merges() == [(str(one.contact_id), str(first.contact_id)) for one in visitors]
    assert [one.id for one in await act("find", "")] == [first.contact_id]


async def test_the_same_proof_twice_gives_two_tokens_that_both_work(act, contacts, visit):
    _, visitor = await visit()
    one, _ = await act("identify", INBOX, proof(), visitor)
    two, _ = await act("identify", INBOX, proof(), None)
    assert one != two
    assert (await contacts.visitor(one)).contact_id == (await contacts.visitor(two)).contact_id


async def test_proving_oneself_again_renews_the_token_and_keeps_the_contact(act, contacts, visit, merges):
    token, ann = await act("identify", INBOX, proof(seconds=60), (await visit())[1])
    renewed, again = await act("identify", INBOX, proof(seconds=7200), ann)
    assert (again.contact_id, again.merged_from) == (ann.contact_id, None)
    assert (await contacts.visitor(renewed)).identified
    with pytest.raises(VisitorUnknown):
        await contacts.visitor(token)
    assert await merges() == []


async def test_two_tabs_that_prove_one_person_at_once_merge_the_visit_once(act, visit, merges):
    _, known = await act("identify", INBOX, proof(), None)
    _, visitor = await visit()
    outcomes = await asyncio.gather(*(act("identify", INBOX, proof(), visitor) for _ in range(4)))
    assert {one.contact_id for _, one in outcomes} == {known.contact_id}
    assert await merges() == [(str(visitor.contact_id), str(known.contact_id))]


async def test_a_visit_that_became_somebody_is_never_given_to_somebody_else(act, visit, merges):
    """Two tabs share a visit; one proves Ann and the other, still holding the old token, proves Bob."""
    _, bob = await act("identify", INBOX, proof("bob"), None)
    _, shared = await visit(name="访客")
    _, ann = await act("identify", INBOX, proof("ann", name="Ann"), shared)
    _, late = await act("identify", INBOX, proof("bob"), shared)
    assert (ann.contact_id, late.contact_id, late.merged_from) == (shared.contact_id, bob.contact_id, None)
    assert await merges() == []
    assert {one.id for one in await act("find", "")} == {ann.contact_id, bob.contact_id}


async def test_a_visit_that_was_merged_does_not_come_back_as_somebody_new(act, visit):
    """The same the other way round: the visit is Ann's already when the other tab proves somebody who was never here."""
    _, ann = await act("identify", INBOX, proof("ann"), None)
    _, shared = await visit()
    await act("identify", INBOX, proof("ann"), shared)
    _, cid = await act("identify", INBOX, proof("cid", name="Cid"), shared)
    assert cid.contact_id not in {ann.contact_id, shared.contact_id}
    assert [one.id for one in await act("find", "Cid")] == [cid.contact_id]


async def test_of_two_people_who_prove_one_visit_at_once_each_is_themselves(act, visit):
    _, shared = await visit()
    (_, ann), (_, bob) = await asyncio.gather(
        *(act("identify", INBOX, proof(name, name=name), shared) for name in ("ann", "bob"))
    )
    assert ann.contact_id != bob.contact_id
    assert {one.name: one.id for one in await act("find", "")} == {"ann": ann.contact_id, "bob": bob.contact_id}


async def test_what_is_claimed_in_a_proof_replaces_and_what_is_not_stays(act):
    _, known = await act("identify", INBOX, proof(name="林", email="lin@example.com", city="成都"), None)
    await act("identify", INBOX, proof(name="林语桐", city="", phone=None, password="x", id=str(uuid4())), None)
    contact = await act("get", known.contact_id)
    assert (contact.name, contact.email, contact.city, contact.phone) == ("林语桐", "lin@example.com", "成都", None)


async def test_a_proof_that_breaks_a_rule_changes_nothing(act, contacts, visit):
    token, visitor = await visit(name="访客")
    with pytest.raises(ContactInvalid):
        await act("identify", INBOX, proof(email="no address"), visitor)
    assert await contacts.visitor(token) == visitor
    assert not (await act("get", visitor.contact_id)).identified


@pytest.mark.parametrize("subject", ["0", " u ", "用户-1", "'; drop table contacts; --", "u" * 200, "%", "U-1"])
async def test_any_subject_is_one_person_and_no_other(act, subject):
    _, one = await act("identify", INBOX, proof(subject), None)
    _, again = await act("identify", INBOX, proof(subject), None)
    _, other = await act("identify", INBOX, proof("u-1"), None)
    assert (one.contact_id == again.contact_id, one.contact_id == other.contact_id) == (True, False)


async def test_a_change_by_an_agent_leaves_the_proof_and_the_token_alone(act, contacts):
    token, known = await act("identify", INBOX, proof(name="林"), None)
    changed = await act("change", known.contact_id, ContactChanges(name="语桐", email="lin@example.com"))
    assert (changed.identified, changed.name) == (True, "语桐")
    assert (await contacts.visitor(token)).name == "语桐"
    assert (await act("identify", INBOX, proof(), None))[1].contact_id == known.contact_id


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER   {}  "])
async def test_a_token_is_read_from_its_header(contacts, visit, header):
    token, visitor = await visit()
    assert await contacts.bearer(header.format(token)) == visitor


@pytest.mark.parametrize(
    "header", ["", "{}", "Basic {}", "Bearer", "Bearer ", "Bearer {} {}", "Bearer\t{}", "Bearer {},", "Token {}"]
)
async def test_any_other_header_is_nobodys(contacts, visit, header):
    token, _ = await visit()
    with pytest.raises(VisitorUnknown):
        await contacts.bearer(header.format(token, token))


async def test_many_are_made_at_once_under_the_ids_they_were_given(act):
    new = {
        ContactId(new_id()): Contacts.clean(ContactFields(name=f"客户 {n}", phone=f"138-{n}", attributes={"n": str(n)}))
        for n in range(50)
    }
    made = await act("create_all", new)
    assert {one: (made[one].name, made[one].attributes, made[one].identified) for one in made} == {
        one: (fields.name, fields.attributes, False) for one, fields in new.items()
    }
    assert [one.id for one in await act("find", "13849")] == [list(new)[49]]
    assert await act("by_ids", new) == made


async def test_those_that_are_there_already_stay_as_they_are(act):
    known, fresh = await act("create", ContactFields(name="旧", email="old@example.com")), ContactId(new_id())
    made = await act("create_all", {known.id: ContactFields(name="新"), fresh: ContactFields(name="新")})
    assert (made[known.id], made[fresh].name) == (known, "新")
    again = await act("create_all", {fresh: ContactFields(name="还是")})
    assert again == {fresh: made[fresh]}
    assert await act("create_all", {}) == {}


async def test_the_same_many_made_twice_at_once_are_made_once(act):
    new = {ContactId(new_id()): ContactFields(name=str(n)) for n in range(10)}
    outcomes = await asyncio.gather(*(act("create_all", new) for _ in range(3)))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert len(await act("find", "")) == 10


async def test_an_id_of_another_company_is_free_here_and_untouched_there(act, contacts, database):
    mine = await act("create", ContactFields(name="我的"))
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    async with database.scope(other.id) as scope:
        made = await contacts.create_all(scope, {mine.id: ContactFields(name="别人的")})
        assert made[mine.id].name == "别人的"
        assert [one.name for one in await contacts.find(scope, "")] == ["别人的"]
    assert await act("get", mine.id) == mine


async def test_pages_of_one_moment_and_of_many_give_each_contact_once(act):
    """Imported contacts share their moment; ids part them."""
    moment = utc_now() - timedelta(days=1)
    times = [moment] * 5 + [moment - timedelta(days=day) for day in range(1, 4)]
    made = [await act("create", ContactFields(name="Ann"), created_at=time) for time in times]
    await act("create", ContactFields(name="Bob"))
    wanted = sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)
    for size in (1, 2, 3, 8, 100):
        seen, after, page = [], None, wanted
        while page:
            page = await act("find", "ann", after, size)
            seen += [one.id for one in page]
            after = (page or wanted)[-1].created_at, (page or wanted)[-1].id
        assert seen == [one.id for one in wanted]


async def test_pages_hold_what_came_meanwhile_on_the_first_page_alone(act):
    made = [await act("create", ContactFields(name=str(n))) for n in range(4)]
    first = await act("find", "", None, 2)
    late = await act("create", ContactFields(name="late"))
    second = await act("find", "", (first[-1].created_at, first[-1].id), 2)
    assert [one.id for one in [*first, *second]] == [one.id for one in reversed(made)]
    assert (await act("find", "", None, 1))[0].id == late.id
