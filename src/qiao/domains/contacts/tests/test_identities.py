"""Who wrote: an address is one contact, a proof finds whoever proved it, a claim finds nobody; joins are recorded and undone."""

import asyncio

import pytest

from qiao.domains.contacts.contracts import ContactFields, JoinProof, Sighting
from qiao.domains.contacts.errors import ContactNotFound, JoinRefused
from qiao.domains.contacts.rules import fitted
from qiao.kit.ids import ContactId, PersonId, new_id

pytestmark = pytest.mark.database
MAIL, PHONE = "lin@example.com", "+86 138-1234-5678"


def seen(value, namespace="inbox:1", proofs=(), **fields):
    return Sighting(namespace=namespace, value=value, fields=ContactFields(name="林语桐", **fields), proofs=proofs)


class Book:
    """Contacts as a channel and an agent meet them."""

    def __init__(self, house, workspace) -> None:
        self.house, self.workspace = house, workspace

    async def who(self, *sightings):
        async with self.house.database.scope(self.workspace.id) as scope:
            return await self.house.contacts.resolve(scope, sightings)

    async def one(self, *arguments, **options):
        return (await self.who(seen(*arguments, **options)))[0].contact_id

    async def act(self, name, *arguments):
        async with self.house.database.scope(self.workspace.id) as scope:
            return await getattr(self.house.contacts, name)(scope, *arguments)

    async def identified(self, **fields):
        contact = await self.act("create", ContactFields(name="林", **fields))
        await self.rows(
            "update contacts set identified = true, external_id = $2 where workspace_id = $1 and id = $3 returning id",
            str(contact.id),
            contact.id,
        )
        return contact.id

    async def owns(self, contact_id, address):
        await self.rows(
            "insert into contact_identities (workspace_id, namespace, value, contact_id) values ($1, 'inbox:1', $2, $3) returning 1",
            address,
            contact_id,
        )

    async def rows(self, query, *values):
        async with self.house.database.across() as connection:
            return await connection.fetch(query, self.workspace.id, *values)

    async def count(self):
        return (await self.rows("select count(*) as n from contacts where workspace_id = $1"))[0]["n"]


@pytest.fixture
def book(house, workspace):
    return Book(house, workspace)


async def test_an_address_is_one_contact_for_ever(book):
    assert await book.one("a1") == await book.one(" a1 ") != await book.one("a2")
    first, again = await book.who(seen("a3"), seen("a3"))
    assert (first.contact_id, first.fresh) == (again.contact_id, True)
    assert (await book.who(seen("a3")))[0].fresh is False


async def test_the_same_address_in_another_name_space_is_somebody_else(book):
    assert await book.one("a1", "inbox:1") != await book.one("a1", "inbox:2")


async def test_ten_at_once_make_one_contact(book):
    found = await asyncio.gather(*(book.one("a1") for _ in range(10)))
    assert (len(set(found)), await book.count()) == (1, 1)
    await asyncio.gather(*(book.who(*(seen(f"b{n}") for n in order)) for order in ((1, 2, 3), (3, 2, 1), (2, 1, 3))))
    assert await book.count() == 4


async def test_what_is_claimed_is_kept_as_far_as_it_can_be(book):
    contact_id = await book.one("a1", email="not an address", phone="1" * 900, attributes={"vip": "yes"})
    contact = await book.act("get", contact_id)
    assert (contact.name, contact.email, len(contact.phone), contact.attributes) == ("林语桐", None, 200, {"vip": "yes"})
    assert contact.identified is False


async def test_a_claimed_name_or_address_joins_nobody(book):
    """Attack 37: whoever writes somebody's address into their letter is not them."""
    victim = await book.one("wx-1", proofs=(("email", MAIL),))
    known = await book.identified(email="boss@example.com")
    claims = [
        seen("a1", email=MAIL),
        seen(MAIL, "email"),
        seen("boss@example.com", "email"),
        seen(PHONE, "phone"),
        seen("a2", phone=PHONE),
    ]
    found = [one.contact_id for one in await book.who(*claims)]
    assert not {victim, known} & set(found)
    assert len(set(found)) == len(claims)


async def test_an_address_without_proof_is_still_one_contact(book):
    assert await book.one(MAIL, "email") == await book.one(MAIL.upper(), "email")


@pytest.mark.parametrize(("kind", "value"), [("email", "Lin@Example.COM"), ("phone", "+8613812345678"), ("union:acct", "o6_x")])
async def test_a_proof_finds_whoever_proved_it_in_another_channel(book, kind, value):
    given = {"email": MAIL, "phone": PHONE, "union:acct": "o6_x"}[kind]
    first = await book.one("a1", "inbox:1", proofs=((kind, value),))
    assert await book.one("b1", "inbox:2", proofs=((kind, given),)) == first
    assert await book.one("b1", "inbox:2") == first


@pytest.mark.parametrize(("kind", "field", "value"), [("email", "email", MAIL), ("phone", "phone", "+86 138 1234 5678")])
async def test_a_proof_finds_the_one_whom_the_company_knows_so(book, kind, field, value):
    known = await book.identified(**{field: value})
    assert await book.one("a1", proofs=((kind, MAIL if kind == "email" else PHONE),)) == known


async def test_two_whom_the_company_knows_by_one_address_are_not_guessed_between(book):
    both = {await book.identified(email=MAIL), await book.identified(email=MAIL)}
    assert await book.one("a1", proofs=(("email", MAIL),)) not in both


async def test_what_an_agent_noted_of_a_stranger_is_no_proof(book):
    noted = await book.act("create", ContactFields(name="林", email=MAIL))
    assert await book.one("a1", proofs=(("email", MAIL),)) != noted.id


async def test_a_proof_joins_two_that_are_known(book):
    wechat, mail = await book.one("wx-1"), await book.one("mail-1", "inbox:2", proofs=(("email", MAIL),))
    (resolved,) = await book.who(seen("wx-1", proofs=(("email", MAIL),)))
    assert (resolved.contact_id, resolved.joined) == (mail, (wechat,))
    assert await book.one("wx-1") == mail
    (join,) = (await book.act("identities", mail)).joins
    assert (join.kept_id, join.other_id, join.proof, join.by_id) == (mail, wechat, JoinProof.VERIFIED_EMAIL, None)


async def test_the_identified_one_is_kept(book):
    known = await book.identified(email=MAIL)
    await book.rows(
        "insert into contact_identities (workspace_id, namespace, value, contact_id) values ($1, 'inbox:1', 'app-1', $2) returning 1",
        known,
    )
    other = await book.one("wx-1", "inbox:2", proofs=(("union:a", "u1"),))
    (resolved,) = await book.who(seen("app-1", proofs=(("union:a", "u1"),)))
    assert (resolved.contact_id, resolved.joined) == (known, (other,))


async def test_two_who_are_proven_to_be_others_stay_apart(book):
    first, second = await book.identified(email=MAIL), await book.identified()
    await book.rows(
        "insert into contact_identities (workspace_id, namespace, value, contact_id) values ($1, 'inbox:1', 'app-2', $2) returning 1",
        second,
    )
    assert await book.one("app-2", proofs=(("email", MAIL),)) == second
    with pytest.raises(JoinRefused):
        await book.act("join", first, second, JoinProof.AGENT, None)


async def test_a_join_is_undone_and_what_was_theirs_goes_back(book):
    keep, other = await book.one("a1"), await book.one("a2", proofs=(("email", MAIL),))
    agent = PersonId(new_id())
    assert (await book.act("join", keep, other, JoinProof.SIGNED_LINK, agent)).id == keep
    assert {await book.one("a1"), await book.one("a2")} == {keep}
    shown = await book.act("identities", keep)
    assert {(one.namespace, one.value, one.proven) for one in shown.items} == {
        ("inbox:1", "a1", False), ("email", MAIL, True), ("inbox:1", "a2", True),
    }  # fmt: skip
    await book.one("a3", proofs=(("union:x", "1"),))
    back = await book.act("unjoin", keep, other, agent)
    assert (back.id, await book.one("a2"), await book.one("a1")) == (other, other, keep)
    (join,) = (await book.act("identities", keep)).joins
    assert (join.undone_by, join.undone_at is None) == (agent, False)
    with pytest.raises(JoinRefused):
        await book.act("unjoin", keep, other, agent)
    await book.act("join", keep, other, JoinProof.AGENT, agent)
    assert len((await book.act("identities", keep)).joins) == 2


async def test_what_cannot_be_joined_is_refused(book):
    keep, other = await book.one("a1"), await book.one("a2")
    with pytest.raises(JoinRefused):
        await book.act("join", keep, keep, JoinProof.AGENT, None)
    with pytest.raises(ContactNotFound):
        await book.act("join", keep, ContactId(new_id()), JoinProof.AGENT, None)
    await book.act("join", keep, other, JoinProof.AGENT, None)
    with pytest.raises(JoinRefused):
        await book.act("join", keep, other, JoinProof.AGENT, None)


async def test_joining_over_http_needs_the_right_and_a_proof(book, door):
    keep, other = await book.one("a1"), await book.one("a2")
    path, body = f"/api/v1/contacts/{keep}/join", {"other_id": str(other), "proof": "verified_email"}
    agent, viewer = await door("agent"), await door("viewer")
    assert (await viewer.post(path, json=body)).status_code == 403
    assert (await agent.post(path, json={**body, "proof": "a feeling"})).status_code == 422
    assert (await agent.post(path, json={**body, "proof": "platform"})).status_code == 422
    assert (await agent.post(path, json={"other_id": str(other)})).status_code == 422
    assert (await agent.post(path, json=body)).json()["id"] == str(keep)
    shown = (await agent.get(f"/api/v1/contacts/{keep}/identities")).json()
    assert [one["value"] for one in shown["items"]] == ["a1", "a2"]
    assert (shown["joins"][0]["proof"], shown["joins"][0]["by_id"]) == ("verified_email", agent.headers["X-Test-Person"])
    assert (await agent.post(f"/api/v1/contacts/{keep}/unjoin", json={"other_id": str(other)})).json()["id"] == str(other)
    assert (await agent.post(f"/api/v1/contacts/{keep}/unjoin", json={"other_id": str(other)})).status_code == 409


@pytest.mark.parametrize(
    ("namespace", "value", "kept"),
    [
        ("email", " Lin@Example.COM ", "lin@example.com"), ("claimed:email", "A@B.C", "a@b.c"),
        ("phone", "+86 (138) 1234-5678", "+8613812345678"),
        ("phone", "0138", "0138"), ("inbox:1", " oX_9 ", "oX_9"), ("inbox:1", "a\x00b", "ab"),
    ],
)  # fmt: skip
def test_identities_are_compared_in_one_spelling(namespace, value, kept):
    assert fitted(namespace, value) == kept


def test_long_values_stay_apart_and_fit():
    left, right = fitted("inbox:1", "x" * 5000 + "a"), fitted("inbox:1", "x" * 5000 + "b")
    assert (left == right, len(left) < 100) == (False, True)
