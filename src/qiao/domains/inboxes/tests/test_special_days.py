"""Special days on the real database: kept apart, repeated without harm, counted where hours count, bounded."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from qiao.domains.inboxes import special_days
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import ClockSpan, Hours, InboxChanges, NewInbox, NewSpecialDay, Span
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound, SpecialDayNotFound, SpecialDaysMeet
from qiao.domains.inboxes.special_days import SpecialDays
from qiao.domains.workspaces.api import Workspaces
from qiao.ports.channel import Capability, Manifest

pytestmark = pytest.mark.database

PIGEON = Manifest(
    name="pigeon", tier="bronze", title={"zh": "信鸽", "en": "Pigeon"}, capabilities=frozenset({Capability.TEXT}), max_text=10
)
TODAY = datetime.now(UTC).date()
ALL_DAY = Hours(timezone="UTC", spans=[Span(days=[1, 2, 3, 4, 5, 6, 7], opens="00:00", closes="24:00")])


def day(first: int, last: int | None = None, **fields) -> NewSpecialDay:
    """Days from today."""
    begin, end = (TODAY + timedelta(days=ahead) for ahead in (first, first if last is None else last))
    return NewSpecialDay(first=begin, last=end, **{"name": {"zh": "盘点"}, **fields})


@pytest.fixture
def act(database, workspace):
    async def act(name, *arguments):
        async with database.scope(workspace.id) as scope:
            return await getattr(SpecialDays(scope), name)(*arguments)

    return act


@pytest.fixture
async def inbox(database, workspace):
    inboxes = Inboxes(database, {"pigeon": PIGEON})
    async with database.scope(workspace.id) as scope:
        made = await inboxes.create(scope, NewInbox(channel="pigeon", name="官网"))
        return await inboxes.change(scope, made.id, InboxChanges(hours=ALL_DAY))


async def schedule(database, workspace, inbox):
    async with database.scope(workspace.id) as scope:
        return await Inboxes.schedule(scope, inbox)


async def test_an_inbox_is_closed_on_the_company_s_day_and_open_on_its_own(act, database, workspace, inbox):
    (shared,) = await act("add", [day(0, 2)])
    now = datetime.now(UTC)
    assert not (await schedule(database, workspace, inbox)).is_open(now)
    assert (await schedule(database, workspace, inbox)).next_opening(now).date() == TODAY + timedelta(days=3)
    await act("add", [day(0, inbox_id=inbox.id, spans=[ClockSpan(opens="00:00", closes="24:00")])])
    assert (await schedule(database, workspace, inbox)).is_open(now)
    await act("remove", shared.id)
    assert [one.inbox_id for one in (await schedule(database, workspace, inbox)).special] == [inbox.id]
    assert await schedule(database, workspace, structs.replace(inbox, hours=None)) is None


async def test_what_another_company_or_inbox_keeps_does_not_count(act, database, workspace, inbox):
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"en": "Other"})
    async with database.scope(other.id) as scope:
        await SpecialDays(scope).add([day(0)])
        second = await Inboxes(database, {"pigeon": PIGEON}).create(scope, NewInbox(channel="pigeon", name="x"))
    with pytest.raises(InboxNotFound):
        await act("add", [day(0, inbox_id=second.id)])
    assert (await schedule(database, workspace, inbox)).special == []


async def test_the_same_list_twice_is_kept_once(act):
    items = [
        day(0, 3),
        day(10, like=1, name={"en": " Worked  ", "zh": ""}),
        day(20, spans=[ClockSpan(opens="10:00", closes="12:00")]),
    ]
    first = await act("add", items)
    again = await act("add", [*items, day(40)])
    assert [one.id for one in again[:3]] == [one.id for one in first]
    assert len(await act("listed", None, None, None)) == 4
    assert first[1].name == {"en": "Worked"}


@pytest.mark.parametrize(
    "second",
    [day(2), day(-3, 0), day(-9, 9), day(1, 1), day(0, 2, name={"zh": "别的"})],
    ids=["last", "first", "around", "within", "same"],
)
async def test_two_that_meet_are_refused_and_the_list_with_them(act, second):
    await act("add", [day(0, 2)])
    with pytest.raises(SpecialDaysMeet) as refused:
        await act("add", [day(30), second])
    assert refused.value.details == {
        "index": 1, "first": TODAY.isoformat(), "last": (TODAY + timedelta(days=2)).isoformat(), "name": {"zh": "盘点"}
    }  # fmt: skip
    assert len(await act("listed", None, None, None)) == 1
    with pytest.raises(SpecialDaysMeet):
        await act("add", [day(50, 52), day(52)])


async def test_of_many_who_add_at_once_one_is_heard(act):
    names = [{"en": f"by {number}"} for number in range(6)]
    outcomes = await asyncio.gather(
        *(act("add", [day(number, 5, name=name)]) for number, name in enumerate(names)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["SpecialDaysMeet"] * 5 + ["list"]
    assert len(await act("listed", None, None, None)) == 1


async def test_one_is_changed_in_place_and_only_where_there_is_room(act, inbox):
    one, other = await act("add", [day(0, 2), day(5)])
    longer = day(1, 4, name={"en": "Longer"})
    assert (await act("replace", one.id, longer)).id == one.id
    assert (await act("replace", one.id, longer)).last == TODAY + timedelta(days=4)
    with pytest.raises(SpecialDaysMeet):
        await act("replace", one.id, day(1, 5))
    assert (await act("replace", one.id, day(1, 5, inbox_id=inbox.id))).inbox_id == inbox.id
    await act("remove", other.id)
    for gone in (act("replace", other.id, day(9)), act("remove", other.id)):
        with pytest.raises(SpecialDayNotFound):
            await gone


async def test_those_that_are_over_stay_and_are_found_by_their_dates(act):
    await act("add", [day(-700), day(-30, -20), day(-1, 1), day(300)])
    ahead = await act("listed", TODAY, None, None)
    assert [(one.first - TODAY).days for one in ahead] == [-1, 300]
    over = await act("listed", None, TODAY - timedelta(days=2), None)
    assert [(one.first - TODAY).days for one in over] == [-700, -30]


async def test_a_list_goes_on_behind_its_last_one(act, database, workspace):
    await act("add", [day(3), day(1), day(2)])
    async with database.scope(workspace.id) as scope:
        first = await SpecialDays(scope).listed(None, None, None, limit=2)
        rest = await SpecialDays(scope).listed(None, None, None, after=(first[-1].first, first[-1].id), limit=2)
    assert [(one.first - TODAY).days for one in [*first, *rest]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (day(3, 2), "last"),
        (day(0, 366), "last"),
        (NewSpecialDay(first=date(1999, 12, 31), last=date(2000, 1, 1), name={"en": "x"}), "first"),
        (NewSpecialDay(first=date(2100, 12, 31), last=date(2101, 1, 1), name={"en": "x"}), "first"),
        (day(0, name={}), "name"),
        (day(0, name={"en": " \x00 "}), "name"),
        (day(0, name={"fr": "Noël"}), "name"),
        (day(0, name={"en": "x" * 81}), "name"),
        (day(0, like=0), "like"),
        (day(0, like=8), "like"),
        (day(0, like=1, spans=[ClockSpan(opens="09:00", closes="10:00")]), "like"),
        (day(0, spans=[ClockSpan(opens="10:00", closes="09:00")]), "spans"),
        (day(0, spans=[ClockSpan(opens="9:00", closes="10:00")]), "spans"),
        (day(0, spans=[ClockSpan(opens="09:00", closes="11:00"), ClockSpan(opens="10:00", closes="12:00")]), "spans"),
        (day(0, spans=[ClockSpan(opens=f"{hour:02}:00", closes=f"{hour:02}:30") for hour in range(11)]), "spans"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(act, wrong, field):
    with pytest.raises(InboxInvalid) as refused:
        await act("add", [day(400), wrong])
    assert refused.value.details["field"] == f"items.1.{field}"
    assert await act("listed", None, None, None) == []


async def test_a_company_keeps_so_many_and_no_more(act, monkeypatch):
    monkeypatch.setattr(special_days, "MAX_KEPT", 3)
    await act("add", [day(0), day(2)])
    with pytest.raises(InboxInvalid) as refused:
        await act("add", [day(4), day(6)])
    assert refused.value.details["limit"] == 3
    await act("add", [day(0), day(4)])
    for number in (0, special_days.MAX_AT_ONCE + 1):
        with pytest.raises(InboxInvalid):
            await act("add", [day(number) for number in range(number)])
