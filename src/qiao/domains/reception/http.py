"""Routes of reception: a public comment answered privately."""

from uuid import UUID

from litestar import Controller, post

from qiao.domains.conversations.contracts import Conversation
from qiao.domains.reception.api import Reception
from qiao.kit.ids import ConversationId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires


class ReceptionController(Controller):
    """Public threads."""

    path = "/api/v1/conversations/{conversation_id:uuid}"
    tags = ("conversations",)

    @post("/messages/{seq:int}/answer-privately", guards=[requires("conversations.write")], status_code=200)
    async def answer_privately(
        self, conversation_id: UUID, seq: int, caller: Caller, database: Database, reception: Reception
    ) -> Conversation:
        """The private conversation with whoever wrote this public comment, opened when there is none."""
        async with database.scope(caller.workspace_id) as scope:
            return await reception.answer_privately(scope, ConversationId(conversation_id), seq)
