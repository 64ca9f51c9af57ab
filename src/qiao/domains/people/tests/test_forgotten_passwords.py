"""A forgotten password: who gets a link, what it is worth, and what it ends."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from qiao.domains.people.api import Limits, Resets
from qiao.domains.people.contracts import Credentials, NewPerson, Role, Visit
from qiao.domains.people.errors import NoMail, PersonNotFound, ResetInvalid, RoleRefused, WrongCredentials
from qiao.domains.people.resets import AskedReset, ResetAcceptance
from qiao.domains.people.service import resets as module
from qiao.domains.people.subscribers import subscribers
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import TooMany
from qiao.kit.ids import PersonId, new_id
from qiao.platform.auth.passwords import PasswordTooWeak
from qiao.platform.auth.shared_throttle import Bound
from qiao.platform.db.database import DatabaseUnavailable
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.log.runner import SubscriberRunner
from qiao.platform.mail.post import MailFailed

pytestmark = pytest.mark.database

HERE, ORIGIN = Visit("192.0.2.1", "Firefox"), "https://desk.example"
PASSWORD, NEW = "correct horse 9", "a new pair of words 7"


class Letters:
    """Keeps what it is asked to send, as an SMTP server would; refuses the first `failures`."""

    there = True

    def __init__(self) -> None:
        self.sent = []
        self.failures = 0

    async def send(self, letter):
        if self.failures:
            self.failures -= 1
            raise MailFailed("the mail server did not take the letter")
        self.sent.append(letter)

    def link(self):
        return next(line for line in reversed(self.sent[-1].text.splitlines()) if line.startswith(ORIGIN)).rpartition("#")[2]


@pytest.fixture
def letters(monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.0)
    return Letters()


@pytest.fixture
def jobs(database):
    return Jobs(database)


@pytest.fixture
def resets(database, jobs, letters):
    return Resets(database, Limits(name=uuid4().hex), jobs, letters, ORIGIN)


@pytest.fixture
async def ann(employ):
    return await employ(f"ann{uuid4().hex}", Role.AGENT, locale="en")


async def link_of(desk, resets, caller, person):
    async with desk.database.scope(desk.workspace.id) as scope:
        return (await resets.make_link(scope, caller, person.id)).url.rpartition("#")[2]


async def accept(resets, token, password=NEW):
    await resets.accept(ResetAcceptance(token=token, password=password), HERE)


async def sign_in(desk, person, password):
    return await desk.people.sign_in(Credentials(email=person.email, password=password, workspace=desk.workspace.slug), HERE)


async def test_a_link_comes_by_mail_and_sets_the_password_once(desk, resets, jobs, letters, ann):
    old = await desk.enter(ann)
    await resets.ask(AskedReset(email=ann.email.upper()), HERE)
    await jobs.drain()
    assert [(one.to, "password" in one.subject) for one in letters.sent] == [(ann.email, True)]
    token = letters.link()
    assert (await resets.look_up(token, HERE)).email == ann.email
    await accept(resets, token)
    assert await desk.people.authenticate(old.token) is None
    with pytest.raises(WrongCredentials):
        await sign_in(desk, ann, PASSWORD)
    assert await sign_in(desk, ann, NEW)
    with pytest.raises(ResetInvalid):
        await accept(resets, token, "yet another phrase 8")
    ended = await desk.facts("people.session_ended.v1")
    assert [one["session_id"] for one in ended] == [str(old.caller.session_id)]
    told = await desk.facts("people.password_reset_made.v1") + await desk.facts("people.password_set.v1")
    assert [(one["way"], one.get("made_by")) for one in told] == [("mail", None), ("mail", None)]
    assert token not in str(told)


async def test_a_database_that_goes_away_meanwhile_is_said_as_such(resets, jobs, ann, monkeypatch):
    async def away(*_arguments, **_more):
        raise DatabaseUnavailable("try again")

    monkeypatch.setattr(jobs, "enqueue", away)
    with pytest.raises(DatabaseUnavailable):
        await resets.ask(AskedReset(email=ann.email), HERE)


async def test_nobody_learns_whether_an_address_is_known(desk, resets, jobs, letters, ann, monkeypatch):
    """The same answer, at the same moment: what is done for a known address is done while the other waits as long."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", 3.0)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    unknown = f"{uuid4().hex}@shop.example"
    answers = [await resets.ask(AskedReset(email=email), HERE) for email in (ann.email, unknown, "", "no\nmail")]
    monkeypatch.undo()
    assert answers == [None] * 4
    assert waits.count(3.0) == 4
    await jobs.drain()
    assert [one.to for one in letters.sent if one.to in {ann.email, unknown}] == [ann.email]


async def test_asking_is_bounded_for_known_and_unknown_addresses(desk, jobs, letters, ann):
    limits = Limits(name=uuid4().hex, resets=Bound(0.0001, 2))
    resets = Resets(desk.database, limits, jobs, letters, ORIGIN)
    for email in (ann.email, f"{uuid4().hex}@shop.example"):
        for _ in range(2):
            await resets.ask(AskedReset(email=email), HERE)
        with pytest.raises(TooMany):
            await resets.ask(AskedReset(email=email.upper()), Visit("198.51.100.7"))


async def test_one_address_in_two_companies_gets_a_letter_of_each(desk, resets, jobs, letters, ann):
    other = await Workspaces(desk.database).create(f"x-{uuid4().hex[:12]}", {"zh": "别家"})
    async with desk.database.scope(other.id) as scope:
        twin = await desk.people.create_person(scope, NewPerson(email=ann.email, name="Else", role=Role.OWNER, password=PASSWORD))
    await resets.ask(AskedReset(email=ann.email), HERE)
    await jobs.drain()
    assert len([one for one in letters.sent if one.to == ann.email]) == 2
    of_other = next(one for one in letters.sent if "别家" in one.text)
    await accept(resets, next(line for line in of_other.text.splitlines() if line.startswith(ORIGIN)).rpartition("#")[2])
    assert await sign_in(desk, ann, PASSWORD)
    assert twin.id != ann.id


async def test_without_mail_the_answer_says_so_and_a_colleague_helps(desk, resets, letters, owner, ann):
    letters.there = False
    with pytest.raises(NoMail):
        await resets.ask(AskedReset(email=ann.email), HERE)
    token = await link_of(desk, resets, (await desk.enter(owner)).caller, ann)
    await accept(resets, token)
    assert await sign_in(desk, ann, NEW)
    (made,) = await desk.facts("people.password_reset_made.v1")
    assert (made["way"], made["made_by"]) == ("colleague", str(owner.id))


async def test_asking_by_mail_ends_no_link_of_a_colleague(desk, resets, jobs, letters, owner, ann):
    token = await link_of(desk, resets, (await desk.enter(owner)).caller, ann)
    await resets.ask(AskedReset(email=ann.email), HERE)
    await jobs.drain()
    assert [one for one in letters.sent if one.to == ann.email] == []
    await accept(resets, token)


async def test_a_server_that_refuses_is_asked_again_and_the_last_letter_counts(desk, resets, jobs, letters, ann):
    letters.failures = 1
    await resets.ask(AskedReset(email=ann.email), HERE)
    await jobs.drain()
    async with desk.database.across() as connection:
        await connection.execute("update pgqueuer set execute_after = now() where entrypoint = 'people.reset_mail'")
        payload = await connection.fetch("select payload from pgqueuer where entrypoint = 'people.reset_mail'")
    assert "qr_" not in str([bytes(row["payload"]) for row in payload])
    await jobs.drain()
    await accept(resets, letters.link())


@pytest.mark.parametrize("token", ["", " ", None, "null", "qr_", "qr_" + "0" * 32 + "_x", "[]", "x" * 399])
async def test_what_is_no_link_opens_nothing(resets, token):
    with pytest.raises(ResetInvalid):
        await accept(resets, token)


async def test_a_link_is_worth_nothing_elsewhere_and_afterwards(desk, resets, owner, ann):
    caller = (await desk.enter(owner)).caller
    token = await link_of(desk, resets, caller, ann)
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token.upper(), token.replace("qr_", "qi_"), f"{token} "):
        with pytest.raises(ResetInvalid):
            await accept(resets, wrong)
    other = await Workspaces(desk.database).create(f"x-{uuid4().hex[:12]}", {"zh": "别家"})
    with pytest.raises(ResetInvalid):
        await accept(resets, token.replace(desk.workspace.id.hex, other.id.hex))
    with pytest.raises(PasswordTooWeak):
        await accept(resets, token, "password12")
    newer = await link_of(desk, resets, caller, ann)
    with pytest.raises(ResetInvalid):
        await accept(resets, token)
    async with desk.database.across() as connection:
        await connection.execute("update password_resets set expires_at = now() where person_id = $1", ann.id)
    with pytest.raises(ResetInvalid):
        await accept(resets, newer)


async def test_a_link_is_stored_as_a_digest_for_half_an_hour(desk, resets, owner, ann):
    token = await link_of(desk, resets, (await desk.enter(owner)).caller, ann)
    async with desk.database.across() as connection:
        row = await connection.fetchrow(
            "select *, expires_at - created_at as life from password_resets where person_id = $1", ann.id
        )
    assert row["life"] == timedelta(minutes=30)
    assert token.split("_", 2)[2] not in str(dict(row))


async def test_of_two_who_use_a_link_at_once_one_sets_the_password(desk, resets, owner, ann):
    token = await link_of(desk, resets, (await desk.enter(owner)).caller, ann)
    ends = await asyncio.gather(*(accept(resets, token, f"{NEW} {n}") for n in range(4)), return_exceptions=True)
    assert [type(one) for one in ends if one] == [ResetInvalid] * 3


async def test_who_may_make_a_link_for_whom(desk, resets, owner, ann):
    admin = await desk.employ(f"adam{uuid4().hex}", Role.ADMIN)
    of_admin, of_owner = (await desk.enter(admin)).caller, (await desk.enter(owner)).caller
    assert await link_of(desk, resets, of_admin, ann)
    assert await link_of(desk, resets, of_owner, admin)
    for caller, person in ((of_admin, owner), (of_admin, admin), (of_owner, owner)):
        with pytest.raises(RoleRefused):
            await link_of(desk, resets, caller, person)
    with pytest.raises(PersonNotFound):
        async with desk.database.scope(desk.workspace.id) as scope:
            await resets.make_link(scope, of_owner, PersonId(new_id()))
    assert await link_of(desk, resets, None, owner)


async def test_links_end_with_who_is_disabled_and_with_who_made_them(desk, resets, owner, ann):
    admin = await desk.employ(f"adam{uuid4().hex}", Role.ADMIN)
    of_owner = (await desk.enter(owner)).caller
    to_ann = await link_of(desk, resets, (await desk.enter(admin)).caller, ann)
    await desk.change(of_owner, admin, role=Role.VIEWER)
    with pytest.raises(ResetInvalid):
        await accept(resets, to_ann)
    again = await link_of(desk, resets, of_owner, ann)
    await desk.change(of_owner, ann, disabled=True)
    with pytest.raises(ResetInvalid):
        await accept(resets, again)
    with pytest.raises(RoleRefused):
        await link_of(desk, resets, of_owner, ann)


async def test_a_password_changed_meanwhile_ends_the_link(desk, resets, owner, ann):
    token = await link_of(desk, resets, (await desk.enter(owner)).caller, ann)
    await desk.people.change_password((await desk.enter(ann)).caller, PASSWORD, NEW, HERE)
    with pytest.raises(ResetInvalid):
        await accept(resets, token, "yet another phrase 8")


async def test_who_has_a_new_password_is_told_by_mail(desk, resets, jobs, letters, ann):
    await desk.people.change_password((await desk.enter(ann)).caller, PASSWORD, NEW, HERE)
    runner = SubscriberRunner(desk.database, subscribers(resets))
    await runner.drain(desk.workspace.id)
    await jobs.drain()
    assert [(one.to, "changed" in one.subject) for one in letters.sent] == [(ann.email, True)]


async def test_what_is_over_its_time_is_forgotten(desk, resets, owner, ann):
    await link_of(desk, resets, (await desk.enter(owner)).caller, ann)
    async with desk.database.across() as connection:
        await connection.execute(
            "update password_resets set expires_at = now() - interval '1 second' where person_id = $1", ann.id
        )
    await desk.people.end_lapsed_sessions()
    async with desk.database.across() as connection:
        assert not await connection.fetchval("select count(*) from password_resets where person_id = $1", ann.id)
