"""Looking for a contact among many: whatever part of a name, an address or a number is typed, new or old, in one company alone."""

from datetime import timedelta

import pytest

from qiao.domains.contacts import api
from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now

pytestmark = pytest.mark.database

PEOPLE = (
    ContactFields(name="萧静怡", email="jingyi@tea.example", phone="+86 138-1234-5678"),
    ContactFields(name="O'Neil 100%_sure\\", email="oneil@tea.example"),
    ContactFields(name="欧阳峰", email="feng.ou@shop.example", phone="021 555 0199"),
    ContactFields(name="Wes", email="13812345678@mail.test"),
)


@pytest.fixture
async def found(database, workspace, monkeypatch):
    """Names of those who are found, newest first, where nobody is new enough to be seen without the index."""
    contacts = Contacts(database)
    other = await Workspaces(database).create(f"other-{workspace.id.hex[-12:]}", {"en": "Other"})
    async with database.scope(other.id) as scope:
        for fields in PEOPLE:
            await contacts.create(scope, fields)
    async with database.scope(workspace.id) as scope:
        for age, fields in enumerate(reversed(PEOPLE)):
            await contacts.create(scope, fields, created_at=utc_now() - timedelta(minutes=age))

    async def found(query, after=None, limit=10, walked=0):
        monkeypatch.setattr(api, "_WALKED", walked)
        async with database.scope(workspace.id) as scope:
            return [one.name for one in await contacts.find(scope, query, after, limit)]

    return found


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("萧", [0]),
        ("静怡", [0]),
        ("欧阳峰", [2]),
        ("峰", [2]),
        ("138", [3, 0]),
        ("38123", [3, 0]),
        ("13812345678", [3, 0]),
        ("+86 138-1234-5678", [3, 0]),
        ("+8613812345678", [3, 0]),
        ("0086 13812345678", [3, 0]),
        ("8613812345678", [3, 0]),
        ("138 1234 5678", [3, 0]),
        ("1381234567", [3, 0]),
        ("23812345678", []),
        ("0215550199", [2]),
        ("(021) 555-0199", [2]),
        ("1234-5678", [0]),
        ("78", [3, 0]),
        ("55 0199", [2]),
        ("TEA.example", [1, 0]),
        ("o'n", [1]),
        ("%_s", [1]),
        ("sure\\", [1]),
        ("example", [2, 1, 0]),
        ("e", [3, 2, 1, 0]),
        ("nobody", []),
        ("xampel", []),
    ],
)
async def test_any_part_is_found_by_the_index_as_by_reading(found, query, people):
    names = [PEOPLE[number].name for number in people]
    assert await found(query) == names
    assert await found(query, walked=100) == names
    assert await found(query, walked=1) == names


async def test_a_whole_number_goes_on_where_the_page_before_ended(found, database, workspace):
    assert await found("13812345678", limit=1) == ["Wes"]
    async with database.scope(workspace.id) as scope:
        first, last = await Contacts(database).find(scope, "13812345678")
    assert await found("13812345678", after=(first.created_at, first.id)) == [last.name] == ["萧静怡"]
    assert await found("13812345678", after=(last.created_at, last.id)) == []


async def test_the_newest_are_enough_when_many_hold_it(found):
    assert await found("example", limit=1, walked=1) == ["欧阳峰"]
    assert await found("example", limit=2, walked=1) == ["欧阳峰", PEOPLE[1].name]
