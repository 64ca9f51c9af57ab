"""What the audit log remembers of facts: those that bear on who may do what."""

from typing import Any
from uuid import UUID

from qiao.domains.audit.api import Audit, Done
from qiao.domains.inboxes.events import InboxBroken, InboxChanged, InboxMended
from qiao.domains.people.events import KeyMade, KeyRevoked, PersonChanged, PersonInvited, SessionEnded, SignedInFact, TeamDeleted
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import Subscriber

_FACTS = (
    PersonChanged,
    PersonInvited,
    SessionEnded,
    SignedInFact,
    KeyMade,
    KeyRevoked,
    TeamDeleted,
    InboxChanged,
    InboxBroken,
    InboxMended,
)
_KEPT = frozenset({"name", "email", "role", "disabled", "reason", "scopes", "channel", "enabled", "session_id", "made_by"})
"""Fields worth remembering. Settings of inboxes stay out: what a company writes there is not ours to copy."""
_ACTORS = ("revoked_by", "made_by", "invited_by", "person_id")


def subscribers(audit: Audit) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def remember(scope: Scope, entry: Entry) -> None:
        fields = entry.fields()
        done = Done(
            action=entry.name.rpartition(".")[0],
            actor_id=_actor(fields),
            subject=str(entry.subject),
            source=str(fields.get("ip", "")),
            detail={name: value for name, value in fields.items() if name in _KEPT},
            at=entry.at,
        )
        await audit.record(scope, done)

    return [Subscriber("audit", {fact.wire_name: remember for fact in _FACTS})]


def _actor(fields: dict[str, Any]) -> UUID | None:
    named = next((fields[name] for name in _ACTORS if fields.get(name)), None)
    return UUID(named) if named else None
