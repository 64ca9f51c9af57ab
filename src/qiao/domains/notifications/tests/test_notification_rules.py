"""Who is meant by a note."""

from datetime import UTC, datetime

from qiao.domains.notifications.rules import mentioned, shown
from qiao.domains.people.contracts import Person, Role
from qiao.kit.ids import PersonId, new_id


def person(name: str, *, disabled: bool = False) -> Person:
    return Person(
        id=PersonId(new_id()),
        name=name,
        email=f"{name}@shop.example",
        role=Role.AGENT,
        team_ids=[],
        chat_limit=5,
        locale="zh",
        availability="online",
        online=False,
        disabled=disabled,
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


JIAYI, LI, LI_XIANG, GONE = person("何嘉怡"), person("Li"), person("Li Xiang"), person("周砚", disabled=True)
ALL = [JIAYI, LI, LI_XIANG, GONE]


def test_names_in_both_scripts() -> None:
    assert mentioned("@何嘉怡请看一下，@LI xiang too", ALL) == [JIAYI.id, LI_XIANG.id]


def test_the_longest_name_wins_and_words_end() -> None:
    assert mentioned("@Li Xiang", ALL) == [LI_XIANG.id]
    assert mentioned("@Li and @Li Xiang", ALL) == [LI.id, LI_XIANG.id]
    assert mentioned("@Lisa", ALL) == []


def test_by_id() -> None:
    assert mentioned(f"@{{{JIAYI.id}}} hello @{{not-an-id}}", ALL) == [JIAYI.id]


def test_nobody_is_meant_by_a_bare_name_or_when_disabled() -> None:
    assert mentioned("何嘉怡 knows, mail a@b.example, @周砚", ALL) == []


def test_what_is_shown_is_one_short_line() -> None:
    assert shown(" a\n b ") == "a b"
    assert len(shown("长" * 500)) == 120
