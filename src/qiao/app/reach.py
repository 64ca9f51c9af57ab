"""How often an API key may call, and what one that is limited to inboxes may reach: their conversations, and nothing else."""

from collections.abc import Mapping
from typing import Any

from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.kit.errors import Refused
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.db.database import Database

CONVERSATIONS = "/api/v1/conversations"
_LISTS = {("GET", CONVERSATIONS), ("POST", CONVERSATIONS)}
"""These look themselves at the inbox that is named (Caller.within)."""
# A busy key costs one query a second for it, where its 20 calls cost dozens.
_calls = SharedThrottle("calls", rate=20.0, burst=200, portion=20)


class ProgramReach:
    """A key that is limited to inboxes is refused by default: a new route is open to it only when it stands below one conversation."""

    def __init__(self, database: Database, conversations: Conversations) -> None:
        self._database = database
        self._conversations = conversations

    async def __call__(self, caller: Caller, method: str, path: str, parameters: Mapping[str, Any]) -> None:
        """Raises TooMany, Refused, and ConversationNotFound for conversations of other inboxes as for those that are not there."""
        await _calls.check(self._database, caller.session_id.hex)
        if caller.inboxes is None:
            return
        if (method, path.rstrip("/")) in _LISTS:
            return
        conversation_id = parameters.get("conversation_id")
        if conversation_id is None or not path.startswith(f"{CONVERSATIONS}/"):
            raise Refused("this key sees the conversations of its inboxes alone")
        async with self._database.scope(caller.workspace_id) as scope:
            held = (await self._conversations.status_of(scope, [conversation_id])).get(conversation_id)
        if held is None or held.inbox_id not in caller.inboxes:
            raise ConversationNotFound("no such conversation")
