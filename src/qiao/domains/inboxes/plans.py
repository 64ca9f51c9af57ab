"""Years of public holidays as governments published them. A year that is not published yet is not here: it comes from a file."""

from datetime import date, timedelta

from qiao.domains.inboxes.contracts import NewSpecialDay, Plan

_MONDAY = 1
_CHINA_2026 = (
    # First day, days off, names, weekend days that are worked for it.
    ("2026-01-01", 3, ("元旦", "New Year"), ("2026-01-04",)),
    ("2026-02-15", 9, ("春节", "Spring Festival"), ("2026-02-14", "2026-02-28")),
    ("2026-04-04", 3, ("清明节", "Qingming Festival"), ()),
    ("2026-05-01", 5, ("劳动节", "Labour Day"), ("2026-05-09",)),
    ("2026-06-19", 3, ("端午节", "Dragon Boat Festival"), ()),
    ("2026-09-25", 3, ("中秋节", "Mid-Autumn Festival"), ()),
    ("2026-10-01", 7, ("国庆节", "National Day"), ("2026-09-20", "2026-10-10")),
)


def _off(first: str, days: int, names: tuple[str, str]) -> NewSpecialDay:
    begins = date.fromisoformat(first)
    return NewSpecialDay(first=begins, last=begins + timedelta(days=days - 1), name={"zh": names[0], "en": names[1]})


def _worked(day: str, names: tuple[str, str]) -> NewSpecialDay:
    this = date.fromisoformat(day)
    name = {"zh": f"{names[0]}调休上班", "en": f"Working day for {names[1]}"}
    return NewSpecialDay(first=this, last=this, name=name, like=_MONDAY)


PLANS = [
    Plan(
        country="CN",
        year=2026,
        title={"zh": "中国法定节假日 2026", "en": "China, public holidays 2026"},
        notice="国务院办公厅关于2026年部分节假日安排的通知（2025-11-04）",
        days=sorted(
            [
                one
                for first, days, names, worked in _CHINA_2026
                for one in (_off(first, days, names), *(_worked(day, names) for day in worked))
            ],
            key=lambda one: one.first,
        ),
    )
]
"""What the console offers beside files."""
