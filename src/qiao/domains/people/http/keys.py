"""Routes of API keys."""

from uuid import UUID

from litestar import Controller, delete, get, post

from qiao.domains.people.api import InboxesThere, People
from qiao.domains.people.keys import ApiKey, MadeKey, NewApiKey
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import in_person, requires
from qiao.platform.http.paging import Page


class KeyController(Controller):
    """How programs come in."""

    path = "/api/v1/keys"
    tags = ("people",)

    @get(guards=[requires("keys.write"), in_person])
    async def read(self, caller: Caller, database: Database, people: People) -> Page[ApiKey]:
        """Every key, the newest first; without their secrets, which nobody can know again."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(list(await people.api_keys(scope)))

    @post(guards=[requires("keys.write"), in_person])
    async def make(
        self, data: NewApiKey, caller: Caller, database: Database, people: People, inboxes_there: InboxesThere
    ) -> MadeKey:
        """Make a key; its secret is shown once."""
        async with database.scope(caller.workspace_id) as scope:
            await inboxes_there(scope, data.inbox_ids or ())
            return await people.make_key(scope, caller, data)

    @delete("/{api_key_id:uuid}", guards=[requires("keys.write"), in_person], status_code=204)
    async def revoke(self, api_key_id: UUID, caller: Caller, database: Database, people: People) -> None:
        """Revoke a key; what used it is let in no more."""
        async with database.scope(caller.workspace_id) as scope:
            await people.revoke_key(scope, caller, api_key_id)
