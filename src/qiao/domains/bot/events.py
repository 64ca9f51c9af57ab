"""Facts of the bot."""

from uuid import UUID

from qiao.platform.log.facts import Fact


class IndexChanged(Fact, frozen=True, kw_only=True):
    """What the bot answers from has changed by meaning or by its limits. `pending` texts still wait for their meaning."""

    wire_name = "bot.index_changed.v1"

    workspace_id: UUID
    index_version: str
    pending: int

    @property
    def about(self) -> UUID:
        return self.workspace_id
