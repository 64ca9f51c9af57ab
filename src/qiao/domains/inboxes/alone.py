"""One account at a provider has one inbox of a company: two would both take in what comes, and both answer it."""

from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.inboxes.errors import AccountTaken
from qiao.domains.inboxes.rules import accounts_named
from qiao.platform.db.database import Scope
from qiao.ports.channel import Manifest

_LOCK = "select pg_advisory_xact_lock(hashtextextended('alone/' || $1::uuid::text || '/' || $2, 11))"
_OTHERS = (
    "select name, settings from inboxes where workspace_id = $1 and channel = $2 and id <> $3 and enabled order by created_at, id"
)


async def check_alone(scope: Scope, manifest: Manifest, inbox: Inbox) -> None:
    """Raises AccountTaken when another enabled inbox has the inbox's account. Of two that are set at once the second is refused."""
    named = accounts_named(manifest, inbox.settings) if inbox.enabled else {}
    if not named:
        return
    await scope.connection.execute(_LOCK, scope.workspace_id, inbox.channel)
    for row in await scope.connection.fetch(_OTHERS, scope.workspace_id, inbox.channel, inbox.id):
        if both := named.keys() & accounts_named(manifest, row["settings"]).keys():
            raise AccountTaken("another inbox has this account already", field=named[min(both)], name=row["name"])


async def check_change_alone(scope: Scope, manifest: Manifest | None, before: Inbox, after: Inbox) -> None:
    """As `check_alone`, when what it looks at was changed: an inbox that stands beside another from before can still be renamed."""
    if manifest is not None and (before.enabled, before.settings) != (after.enabled, after.settings):
        await check_alone(scope, manifest, after)
