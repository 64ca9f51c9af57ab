"""What the audit log remembers of facts: those that bear on who may do what, and that no request of somebody who is signed in tells."""

from typing import Any
from uuid import UUID

from qiao.domains.audit.api import Audit, Done
from qiao.domains.inboxes.events import InboxBroken, InboxMended
from qiao.domains.people.events import (
    PasswordResetMade,
    PasswordSet,
    PersonJoined,
    SessionEnded,
    SignedInFact,
    SignInsRefused,
)
from qiao.domains.webhooks.events import WebhookChanged
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import Subscriber

_FACTS = (SignedInFact, SignInsRefused, SessionEnded, PersonJoined, PasswordResetMade, PasswordSet, InboxBroken, InboxMended)
_KEPT = frozenset({"name", "email", "role", "reason", "channel", "session_id", "tries", "first_at", "last_at", "way"})
"""Fields worth remembering."""
_OFF = frozenset({"gone", "failing"})
_BY_NOBODY = frozenset({SignInsRefused.wire_name})
_ACTS_THEMSELVES = ((PasswordResetMade.wire_name, "colleague"), (PasswordSet.wire_name, "own"))
"""Facts that come of a request of somebody who is signed in, by the way they came: that request is what is remembered."""


def subscribers(audit: Audit) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def remember(scope: Scope, entry: Entry) -> None:
        fields = entry.fields()
        if (entry.name, fields.get("way")) in _ACTS_THEMSELVES:
            return
        done = Done(
            action=entry.name.rpartition(".")[0],
            actor_id=None if entry.name in _BY_NOBODY else _actor(fields),
            subject=str(entry.subject),
            source=str(fields.get("ip") or fields.get("source") or ""),
            detail={name: value for name, value in fields.items() if name in _KEPT},
            at=entry.at,
        )
        await audit.record(scope, done)

    async def switched_off(scope: Scope, entry: Entry) -> None:
        # What people do to endpoints is an act of theirs; this one is nobody's.
        changed = entry.read(WebhookChanged)
        if changed.act in _OFF:
            detail = {"name": changed.url.partition("?")[0], "reason": changed.act}
            await audit.record(
                scope, Done(action="webhooks.switched_off", subject=str(entry.subject), detail=detail, at=entry.at)
            )

    return [Subscriber("audit", {fact.wire_name: remember for fact in _FACTS} | {WebhookChanged.wire_name: switched_off})]


def _actor(fields: dict[str, Any]) -> UUID | None:
    named = fields.get("person_id")
    return UUID(named) if named else None
