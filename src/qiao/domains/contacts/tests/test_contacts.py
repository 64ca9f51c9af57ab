"""Contacts on the real database: tokens that speak for one visitor, proofs that join, a search that takes words as they are."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.contacts.api import PREFIX, Contacts
from qiao.domains.contacts.contracts import ContactChanges, ContactFields
from qiao.domains.contacts.errors import ContactInvalid, ContactNotFound, VisitorUnknown
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, InboxId, new_id
from qiao.platform.auth.signing import Proof
from qiao.platform.log.read import read_after

pytestmark = pytest.mark.database

INBOX = InboxId(new_id())


@pytest.fixture
def contacts(database) -> Contacts:
    return Contacts(database)


@pytest.fixture
def act(contacts, database, workspace):
    """One act of the door in a transaction of its own."""

    async def act(name, *arguments, **options):
        async with database.scope(workspace.id) as scope:
            return await getattr(contacts, name)(scope, *arguments, **options)

    return act


@pytest.fixture
def facts(database, workspace):
    async def facts(name):
        async with database.across() as connection:
            return [one.fields() for one in await read_after(connection, workspace.id, 0) if one.name == f"contacts.{name}.v1"]

    return facts


def proof(subject="u-1", seconds=3600, **claims) -> Proof:
    return Proof(subject, claims, utc_now() + timedelta(seconds=seconds))


async def test_a_visit_begins_with_a_token_of_its_own(act, contacts, database, workspace):
    token, visitor = await act("begin_visit", INBOX, ContactFields(locale="zh"))
    other, _ = await act("begin_visit", INBOX, ContactFields(locale="zh"))
    assert token.startswith(PREFIX + workspace.id.hex + "_")
    assert token != other
    assert await contacts.visitor(token) == visitor
    assert (visitor.identified, visitor.inbox_id, visitor.workspace_id) == (False, INBOX, workspace.id)
    async with database.across() as connection:
        stored = await connection.fetchval(
            "select string_agg(t::text, '') from visitor_tokens t where workspace_id = $1", workspace.id
        )
    assert token not in stored


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: "x",
        lambda token: token[:-1],
        lambda token: token + "x",
        lambda token: token.replace("qv_", "qs_"),
        lambda token: f"qv_{uuid4().hex}_{token.split('_', 2)[2]}",
        lambda token: "qv_nonsense_" + token.split("_", 2)[2],
        lambda token: "qv__",
        lambda token: token + "x" * 500,
        lambda token: token.upper(),
        lambda token: "qv_" + "\x00" * 32 + "_x",
    ],
)
async def test_any_other_token_is_nobodys(act, contacts, change):
    token, _ = await act("begin_visit", INBOX, ContactFields())
    with pytest.raises(VisitorUnknown):
        await contacts.visitor(change(token))


async def test_a_token_lives_as_long_as_its_proof(act, contacts, database, workspace):
    token, _ = await act("identify", INBOX, proof(seconds=3600), None)
    assert (await contacts.visitor(token)).identified
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute(
            "update visitor_tokens set proven_until = now() - interval '1 second' where workspace_id = $1", workspace.id
        )
    with pytest.raises(VisitorUnknown):
        await contacts.visitor(token)


async def test_a_proof_makes_the_anonymous_visitor_a_known_one(act, contacts, facts):
    token, visitor = await act("begin_visit", INBOX, ContactFields(name="访客"))
    proven, known = await act(
        "identify", INBOX, proof(name="林语桐", email="lin@example.com", attributes={"vip": "yes"}), visitor
    )
    assert (known.contact_id, known.identified, known.merged_from) == (visitor.contact_id, True, None)
    contact = await act("get", known.contact_id)
    assert (contact.name, contact.email, contact.attributes, contact.identified) == (
        "林语桐",
        "lin@example.com",
        {"vip": "yes"},
        True,
    )
    assert (await contacts.visitor(proven)).contact_id == known.contact_id
    with pytest.raises(VisitorUnknown):
        await contacts.visitor(token)
    assert await facts("merged") == []


async def test_a_proof_of_somebody_known_merges_the_anonymous_visitor_into_them(act, contacts, facts):
    _, first = await act("identify", INBOX, proof(name="林语桐"), None)
    token, visitor = await act("begin_visit", INBOX, ContactFields(name="访客"))
    second_tab, _ = await act("begin_visit", INBOX, ContactFields())
    _, known = await act("identify", INBOX, proof(), visitor)
    assert (known.contact_id, known.merged_from) == (first.contact_id, visitor.contact_id)
    merged = {"contact_id": str(visitor.contact_id), "merged_into": str(first.contact_id)}
    assert [{key: fact[key] for key in merged} for fact in await facts("merged")] == [merged]
    with pytest.raises(VisitorUnknown):
        await contacts.visitor(token)
    assert await contacts.visitor(second_tab)
    assert [one.id for one in await act("find", "")] == [(await contacts.visitor(second_tab)).contact_id, first.contact_id]


async def test_a_known_visitor_is_never_merged_into_another(act, contacts, facts):
    """Somebody signs out in a shop and somebody else signs in: two people, whatever the browser kept."""
    token, ann = await act("identify", INBOX, proof("ann"), None)
    _, bob = await act("identify", INBOX, proof("bob"), ann)
    assert (bob.contact_id != ann.contact_id, bob.merged_from) == (True, None)
    assert await facts("merged") == []
    with pytest.raises(VisitorUnknown):
        await contacts.visitor(token)


async def test_proofs_of_one_person_at_once_are_one_contact(act):
    outcomes = await asyncio.gather(*(act("identify", INBOX, proof("same"), None) for _ in range(6)))
    assert len({visitor.contact_id for _, visitor in outcomes}) == 1
    assert len({token for token, _ in outcomes}) == 6


async def test_what_a_page_claims_joins_nobody(act):
    _, known = await act("identify", INBOX, proof(email="lin@example.com"), None)
    _, visitor = await act("begin_visit", INBOX, ContactFields(email="lin@example.com"))
    assert visitor.contact_id != known.contact_id
    await act("change", visitor.contact_id, ContactChanges(email="lin@example.com", name="林语桐"))
    assert not (await act("get", visitor.contact_id)).identified


async def test_one_persons_id_belongs_to_one_company(act, database, contacts):
    _, mine = await act("identify", INBOX, proof("u-1"), None)
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    async with database.scope(other.id) as scope:
        _, theirs = await contacts.identify(scope, INBOX, proof("u-1"), None)
        with pytest.raises(ContactNotFound):
            await contacts.get(scope, mine.contact_id)
    assert theirs.contact_id != mine.contact_id


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("林语", ["林语桐"]), ("LIN@EXAMPLE", ["林语桐"]), ("13800138000", ["林语桐"]), ("138-0013", ["林语桐"]), ("100%", ["100% Tea"]),
        ("%", ["100% Tea"]), ("_", ["a_b"]), ("a_b", ["a_b"]), ("\\", ["back\\slash"]), ("'; drop table contacts; --", []), ("", None),
        ("  林语桐  ", ["林语桐"]), ("\x00林", ["林语桐"]), ("nobody", []),
    ],
)  # fmt: skip
async def test_words_are_looked_for_as_they_are(act, query, found):
    everybody = ["林语桐", "100% Tea", "a_b", "back\\slash"]
    await act("create", ContactFields(name="林语桐", email="lin@example.com", phone="+86 138-0013-8000"))
    for name in everybody[1:]:
        await act("create", ContactFields(name=name))
    names = [one.name for one in await act("find", query)]
    assert sorted(names) == sorted(everybody if found is None else found)


async def test_pages_give_each_contact_once_newest_first(act):
    made = [await act("create", ContactFields(name=str(n))) for n in range(7)]
    seen, after = [], None
    for _ in range(4):
        page = await act("find", "", after, 2)
        seen += [one.id for one in page]
        after = (page[-1].created_at, page[-1].id)
    assert seen == [one.id for one in reversed(made)]


async def test_changes_are_told_and_found(act, facts):
    contact = await act("create", ContactFields(name="旧名"))
    changed = await act("change", contact.id, ContactChanges(name="新名", attributes={"size": "L"}))
    assert (changed.name, changed.attributes) == ("新名", {"size": "L"})
    assert [one.id for one in await act("find", "新名")] == [contact.id]
    assert await act("find", "旧名") == []
    assert len(await facts("changed")) == 1
    cleared = await act("change", contact.id, ContactChanges(name=None))
    assert cleared.name is None


async def test_unknown_and_invalid_are_refused(act):
    with pytest.raises(ContactNotFound):
        await act("get", ContactId(new_id()))
    with pytest.raises(ContactNotFound):
        await act("change", ContactId(new_id()), ContactChanges(name="x"))
    with pytest.raises(ContactInvalid):
        await act("create", ContactFields(email="no address"))


async def test_several_are_found_by_id_at_once(act):
    made = [await act("create", ContactFields(name=str(n))) for n in range(3)]
    found = await act("by_ids", [made[0].id, made[2].id, new_id()])
    assert {one: contact.name for one, contact in found.items()} == {made[0].id: "0", made[2].id: "2"}


async def test_a_visitor_who_is_here_was_seen(act):
    _, visitor = await act("begin_visit", INBOX, ContactFields())
    assert (await act("get", visitor.contact_id)).last_seen_at is None
    await act("seen", visitor)
    assert utc_now() - (await act("get", visitor.contact_id)).last_seen_at < timedelta(minutes=1)


async def test_over_http(act, door):
    agent, viewer = await door("agent"), await door("viewer")
    made = [await act("create", ContactFields(name=f"客户 {n}")) for n in range(3)]
    first = (await agent.get("/api/v1/contacts", params={"limit": 2})).json()
    second = (await agent.get("/api/v1/contacts", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["items"] + second["items"]] == [str(one.id) for one in reversed(made)]
    assert (second["next_cursor"], first["items"][0]["conversation_count"]) == (None, 0)
    path = f"/api/v1/contacts/{made[0].id}"
    assert (await agent.patch(path, json={"name": "林", "attributes": {"a": "\x00b"}})).json()["attributes"] == {"a": "b"}
    assert (await agent.get(path)).json()["name"] == "林"
    assert (await viewer.patch(path, json={"name": "x"})).status_code == 403
    assert (await agent.patch(path, json={"identified": True})).status_code == 422
    assert (await agent.get(f"/api/v1/contacts/{new_id()}")).json()["code"] == "contacts.not_found"
    assert (await agent.get("/api/v1/contacts", params={"cursor": "made-up"})).status_code == 422
    assert (await agent.get("/api/v1/contacts", params={"query": "林"})).json()["items"][0]["id"] == str(made[0].id)
