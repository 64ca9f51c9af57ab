"""Wrong passwords leave one row an account and address, with how many; whoever tries cannot fill the log."""

from uuid import uuid4

import pytest

from qiao.domains.audit.contracts import AuditFilter
from qiao.domains.audit.subscribers import subscribers
from qiao.domains.people.api import Limits, People
from qiao.domains.people.contracts import Credentials, NewPerson, Role, Visit
from qiao.domains.people.errors import WrongCredentials
from qiao.domains.people.service import refusals
from qiao.platform.auth.shared_throttle import Bound
from qiao.platform.log.runner import SubscriberRunner

pytestmark = pytest.mark.database
PASSWORD = "松烟入墨 2026 lanting"
WIDE = Bound(1e6, 10**6)


@pytest.fixture
async def desk(house, database, workspace):
    return Desk(house, database, workspace, f"{uuid4().hex}@shop.example")


class Desk:
    """Somebody with an account, and whoever tries their password."""

    def __init__(self, house, database, workspace, email) -> None:
        limits = Limits(account=WIDE, everywhere=WIDE, source=WIDE, name=uuid4().hex)
        self.people, self.house, self.database, self.workspace, self.email = (
            People(database, limits),
            house,
            database,
            workspace,
            email,
        )

    async def begin(self):
        async with self.database.scope(self.workspace.id) as scope:
            new = NewPerson(email=self.email, name="周宁", role=Role.AGENT, password=PASSWORD)
            return await self.people.create_person(scope, new)

    async def tries(self, count, ip="192.0.2.7", email=None):
        for _ in range(count):
            with pytest.raises(WrongCredentials):
                await self.people.sign_in(Credentials(email=email or self.email, password="wrong"), Visit(ip, "tests"))

    async def told(self):
        await SubscriberRunner(self.database, subscribers(self.house.audit)).drain(self.workspace.id)
        async with self.database.scope(self.workspace.id) as scope:
            found = await self.house.audit.entries(scope, AuditFilter(action="people.sign"), 100)
        return [(entry.action, entry.source, entry.detail.get("tries")) for entry in found[::-1]]

    async def minutes_go_by(self, minutes):
        async with self.database.across() as connection:
            await connection.execute(
                "update refused_sign_ins set first_at = first_at - make_interval(mins => $2) where workspace_id = $1",
                self.workspace.id,
                minutes,
            )


async def test_tries_are_told_as_one_row_with_a_count_when_their_time_is_over(desk):
    person = await desk.begin()
    await desk.tries(3)
    await desk.tries(2, "198.51.100.4")
    await desk.people.tell_refused()
    assert await desk.told() == []
    await desk.minutes_go_by(refusals.MINUTES)
    await desk.people.tell_refused()
    await desk.people.tell_refused()
    assert await desk.told() == [
        ("people.sign_ins_refused", "192.0.2.7", 3),
        ("people.sign_ins_refused", "198.51.100.4", 2),
    ]
    async with desk.database.scope(desk.workspace.id) as scope:
        entry = (await desk.house.audit.entries(scope, AuditFilter(), 1))[0]
    assert (entry.actor_id, entry.subject) == (None, str(person.id))


async def test_who_signs_in_after_all_stands_below_the_tries_before(desk):
    await desk.begin()
    await desk.tries(2)
    await desk.people.sign_in(Credentials(email=desk.email, password=PASSWORD), Visit("192.0.2.7", "tests"))
    assert await desk.told() == [("people.sign_ins_refused", "192.0.2.7", 2), ("people.signed_in", "192.0.2.7", None)]


async def test_who_tries_from_many_addresses_fills_nothing(desk, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_SOURCES", 3)
    await desk.begin()
    for last in range(9):
        await desk.tries(1, f"192.0.2.{last}")
    await desk.tries(1, "2001:db8::1")
    await desk.tries(1, "192.0.2.1")
    await desk.minutes_go_by(refusals.MINUTES)
    await desk.people.tell_refused()
    rows = {source: tries for _action, source, tries in await desk.told()}
    assert rows == {"192.0.2.0": 1, "192.0.2.1": 2, "192.0.2.2": 1, "": 7}


async def test_an_address_that_nobody_has_leaves_nothing(desk):
    await desk.begin()
    await desk.tries(2, email=f"{uuid4().hex}@nobody.example")
    async with desk.database.across() as connection:
        assert await connection.fetchval("select count(*) from refused_sign_ins where workspace_id = $1", desk.workspace.id) == 0
