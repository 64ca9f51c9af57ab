"""The shop's people, teams and its inbox."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from demo.content import LANGS, Company, Lang, Person
from demo.seeding.house import House
from qiao.domains.inboxes.contracts import Hours, Inbox, InboxChanges, NewInbox, Span
from qiao.domains.people.contracts import NewPerson, NewTeam, Role
from qiao.kit.ids import TeamId
from qiao.platform.db.database import Scope
from qiao.ports.channel import Capability

PASSWORD = "lanting-demo-2026"  # noqa: S105 - a demo's, printed when it starts
_DAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}


class Staff(msgspec.Struct, frozen=True):
    """Ids of the people by e-mail, and of the teams by slug."""

    people: dict[str, UUID]
    teams: dict[str, UUID]


def shown_name(person: Person) -> str:
    """The one name of a person in the console: Chinese for those who speak it."""
    return person.name.zh if "zh" in person.languages else person.name.en


def hours_of(company: Company) -> Hours:
    """The shop's opening hours as an inbox has them."""
    spans = [Span(days=[_DAYS[day] for day in one.days], opens=one.opens, closes=one.closes) for one in company.hours]
    return Hours(timezone=company.timezone, spans=spans)


async def hire(house: House, scope: Scope, company: Company, now: datetime) -> Staff:
    """The teams and the people, who all have the demo's password."""
    teams: dict[str, UUID] = {}
    for team in company.teams:
        made = await house.people.create_team(scope, NewTeam(name={"zh": team.name.zh, "en": team.name.en}))
        teams[team.slug] = made.id
    people: dict[str, UUID] = {}
    for nth, person in enumerate(company.people):
        main: Lang = person.languages[0]
        new = NewPerson(
            email=person.email,
            name=shown_name(person),
            role=Role(person.role),
            password=PASSWORD,
            locale=main,
            chat_limit=person.chat_limit,
            team_ids=[TeamId(teams[slug]) for slug in person.teams],
            created_at=now - timedelta(days=400 - 31 * nth),
        )
        people[person.email] = (await house.people.create_person(scope, new)).id
    return Staff(people, teams)


async def open_inbox(house: House, scope: Scope, company: Company) -> Inbox:
    """The shop's inbox, of the first channel that stands on a page, set up as far as it has such settings; with an identity key."""
    channel = next(one for one in house.inboxes.channels() if Capability.LIVE in one.capabilities)
    name = f"{company.name.zh} · {company.name.en}"
    inbox = await house.inboxes.create(scope, NewInbox(channel=channel.name, name=name))
    wishes = {
        "title": {"zh": company.name.zh, "en": company.name.en},
        "greeting": {"zh": company.greeting.zh, "en": company.greeting.en},
        "suggestions": {lang: list(company.suggested.of(lang)) for lang in LANGS},
        "colour": company.brand_color,
    }
    known = {field.key for field in channel.settings}
    settings = {key: value for key, value in wishes.items() if key in known}
    await house.identity_keys.add(scope, inbox.id)
    return await house.inboxes.change(scope, inbox.id, InboxChanges(hours=hours_of(company), settings=settings))


async def name_bot(scope: Scope, company: Company) -> None:
    """The bot's name and what it says out of hours."""
    settings = {
        "name": {"zh": company.bot_name.zh, "en": company.bot_name.en},
        "off_hours_text": {"zh": company.offline_notice.zh, "en": company.offline_notice.en},
    }
    await scope.connection.execute(
        "insert into bot_settings (workspace_id, settings) values ($1, $2)", scope.workspace_id, settings
    )
