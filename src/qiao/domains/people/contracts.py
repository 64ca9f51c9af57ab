"""What people, teams, sessions, invites and presence are."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from qiao.kit.ids import PersonId, TeamId, WorkspaceId
from qiao.platform.auth.caller import Caller

Name = Annotated[str, Meta(max_length=80)]
Address = Annotated[str, Meta(max_length=254)]
Password = Annotated[str, Meta(max_length=256)]
Token = Annotated[str, Meta(max_length=400)]
Locale = Literal["zh", "en"]
Availability = Literal["online", "away"]
Localised = dict[Locale, Name]
ChatLimit = Annotated[int, Meta(ge=0, le=100)]
TeamIds = Annotated[list[TeamId], Meta(max_length=100)]
MemberIds = Annotated[list[PersonId], Meta(max_length=1000)]


class Role(StrEnum):
    """What a person is in the workspace, from most to least power. `access.py` says what each may do."""

    OWNER = "owner"
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    EDITOR = "editor"
    VIEWER = "viewer"


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who works here. `online`: has a live socket and is available. `load`: open conversations, 0 until counted above."""

    id: PersonId
    name: str
    email: str
    role: Role
    team_ids: list[TeamId]
    chat_limit: int
    locale: Locale
    availability: Availability
    online: bool
    load: int = 0
    disabled: bool
    created_at: datetime


class NewPerson(Struct, frozen=True, kw_only=True):
    """Somebody to make without an invite: seeding, the command line. Without a password nobody can sign in as them yet."""

    email: str
    name: str
    role: Role
    password: str | None = None
    locale: Locale = "zh"
    chat_limit: int | None = None
    team_ids: Collection[TeamId] = ()
    created_at: datetime | None = None


class PersonChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed of a person; absent fields stay."""

    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    chat_limit: ChatLimit | UnsetType = UNSET
    team_ids: TeamIds | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class Team(Struct, frozen=True, kw_only=True):
    """People who share a queue. `name` by language."""

    id: TeamId
    name: dict[str, str]
    member_ids: list[PersonId]


class NewTeam(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team to make."""

    name: Localised
    member_ids: MemberIds = []


class TeamChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed of a team; absent fields stay, a list of members replaces the members."""

    name: Localised | UnsetType = UNSET
    member_ids: MemberIds | UnsetType = UNSET


class Preferences(Struct, frozen=True, kw_only=True):
    """How a person likes the console. `locale` is the person's own."""

    theme: Literal["system", "light", "dark"] = "system"
    density: Literal["comfortable", "compact"] = "comfortable"
    sound: bool = True
    desktop: bool = False
    shortcuts: bool = True
    locale: Locale = "zh"


class PreferenceChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Preferences to set; absent ones stay."""

    theme: Literal["system", "light", "dark"] | UnsetType = UNSET
    density: Literal["comfortable", "compact"] | UnsetType = UNSET
    sound: bool | UnsetType = UNSET
    desktop: bool | UnsetType = UNSET
    shortcuts: bool | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET


class OwnChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people change of themselves."""

    name: Name | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    preferences: PreferenceChanges | UnsetType = UNSET


class WorkspaceFace(Struct, frozen=True, kw_only=True):
    """What everybody in a workspace knows of it."""

    id: WorkspaceId
    slug: str
    name: dict[str, str]
    default_locale: str
    timezone: str


Permission = Literal[
    "conversations.read",
    "conversations.write",
    "contacts.read",
    "contacts.write",
    "knowledge.read",
    "knowledge.write",
    "inboxes.write",
    "people.write",
    "reports.read",
    "workspace.write",
    "webhooks.write",
    "keys.write",
    "audit.read",
]


class Me(Struct, frozen=True, kw_only=True):
    """The signed-in person, their rights and the place in the log from which their console follows."""

    person: Person
    workspace: WorkspaceFace
    permissions: list[Permission]
    preferences: Preferences
    csrf: None = None
    app_version: str
    epoch: str
    position: int


class Credentials(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody signs in with; `workspace` is a slug, needed when the address is in several with the same password."""

    email: Address
    password: Password
    workspace: Annotated[str, Meta(max_length=60)] | None = None


class Visit(Struct, frozen=True):
    """From where a request comes: an address that the caller cannot choose, and what the browser calls itself."""

    ip: str
    user_agent: str = ""


class SignedIn(Struct, frozen=True):
    """A session that has just begun. `token` is shown once and goes into the cookie."""

    token: str
    caller: Caller


class Session(Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    ip: str
    user_agent: str
    current: bool


class NewInvite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to invite."""

    email: Address
    role: Role
    team_ids: TeamIds = []


class Invite(Struct, frozen=True, kw_only=True):
    """An open invite. `url` holds the secret and is given once, when the invite is made; null in lists."""

    id: UUID
    email: str
    role: Role
    url: str | None
    expires_at: datetime


class InviteOffer(Struct, frozen=True, kw_only=True):
    """What the holder of an invite is offered."""

    email: str
    role: Role
    workspace_name: dict[str, str]


class Acceptance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invite taken up."""

    token: Token | None
    name: Name
    password: Password
    locale: Locale = "zh"


class OnlinePerson(Struct, frozen=True, kw_only=True):
    """Somebody who can be given a conversation now."""

    id: PersonId
    name: str
    role: Role
    team_ids: list[TeamId]
    chat_limit: int
    locale: Locale
