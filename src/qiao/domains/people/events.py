"""Facts of people."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec

from qiao.domains.people.contracts import Availability, Locale, Person, Role
from qiao.kit.ids import PersonId, TeamId
from qiao.platform.log.facts import Fact


class PersonChanged(Fact, frozen=True, kw_only=True):
    """Somebody was made or changed: the whole person. `load` is not counted here: whoever shows it keeps the one they have."""

    wire_name = "people.changed.v1"

    id: PersonId
    name: str
    email: str
    role: Role
    team_ids: list[TeamId]
    chat_limit: int
    locale: Locale
    availability: Availability
    online: bool
    load: int
    disabled: bool
    created_at: datetime

    @property
    def about(self) -> UUID:
        return self.id

    @classmethod
    def of(cls, person: Person) -> Self:
        """The fact that `person` is so now."""
        return cls(**msgspec.structs.asdict(person))


class PresenceChanged(Fact, frozen=True, kw_only=True):
    """Somebody came, went, or said that they are away or back."""

    wire_name = "people.presence_changed.v1"

    person_id: PersonId
    availability: Availability
    online: bool

    @property
    def about(self) -> UUID:
        return self.person_id


class SessionEnded(Fact, frozen=True, kw_only=True):
    """A session or an API key gives no access any more, or another one; its sockets close.

    `reason`: signed_out, revoked (by themselves; of a key: by anybody), colleague, password, role, disabled, lapsed.
    """

    wire_name = "people.session_ended.v1"

    session_id: UUID
    person_id: PersonId
    reason: str

    @property
    def about(self) -> UUID:
        return self.session_id


class SignedInFact(Fact, frozen=True, kw_only=True):
    """Somebody signed in, or took up an invitation. The session's token is not part of the fact."""

    wire_name = "people.signed_in.v1"

    session_id: UUID
    person_id: PersonId
    ip: str

    @property
    def about(self) -> UUID:
        return self.session_id


class PersonJoined(Fact, frozen=True, kw_only=True):
    """Somebody took up an invitation and is one of the people now."""

    wire_name = "people.joined.v1"

    person_id: PersonId
    name: str
    email: str
    role: Role
    ip: str

    @property
    def about(self) -> UUID:
        return self.person_id


class SignInsRefused(Fact, frozen=True, kw_only=True):
    """So often a wrong password was given for somebody, from one address; `source` empty: from many."""

    wire_name = "people.sign_ins_refused.v1"

    person_id: PersonId
    source: str
    tries: int
    first_at: datetime
    last_at: datetime

    @property
    def about(self) -> UUID:
        return self.person_id


class PersonInvited(Fact, frozen=True, kw_only=True):
    """Somebody was asked to join. The secret is not part of the fact."""

    wire_name = "people.invited.v1"

    invite_id: UUID
    email: str
    role: Role
    invited_by: PersonId | None

    @property
    def about(self) -> UUID:
        return self.invite_id


class PasswordResetMade(Fact, frozen=True, kw_only=True):
    """A link was made with which somebody can set a new password. The secret is not part of the fact.

    `way`: mail (asked for at the sign-in page, by nobody who is known), colleague (`made_by`), command.
    """

    wire_name = "people.password_reset_made.v1"

    whose: PersonId
    way: str
    made_by: PersonId | None

    @property
    def about(self) -> UUID:
        return self.whose


class PasswordSet(Fact, frozen=True, kw_only=True):
    """Somebody has a new password. `way`: own (they told the old one), or that of the link."""

    wire_name = "people.password_set.v1"

    person_id: PersonId
    way: str
    ip: str

    @property
    def about(self) -> UUID:
        return self.person_id


class KeyMade(Fact, frozen=True, kw_only=True):
    """A program was given a key. The secret is not part of the fact."""

    wire_name = "people.key_made.v1"

    key_id: UUID
    name: str
    scopes: list[str]
    made_by: PersonId

    @property
    def about(self) -> UUID:
        return self.key_id


class KeyRevoked(Fact, frozen=True, kw_only=True):
    """A program's key opens nothing any more."""

    wire_name = "people.key_revoked.v1"

    key_id: UUID
    name: str
    revoked_by: PersonId

    @property
    def about(self) -> UUID:
        return self.key_id


class TeamDeleted(Fact, frozen=True, kw_only=True):
    """A team is no more; what pointed at it belongs to no team."""

    wire_name = "people.team_deleted.v1"

    team_id: TeamId

    @property
    def about(self) -> UUID:
        return self.team_id
