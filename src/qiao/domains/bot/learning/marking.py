"""Which turns met what an experiment tries: those alone are compared. Pure."""

from collections.abc import Iterable

from msgspec.structs import replace

from qiao.domains.bot.contracts import NewTurn
from qiao.domains.bot.learning.experiment_contracts import Trying
from qiao.domains.bot.learning.trying import is_version, is_worded
from qiao.domains.bot.turn_parts import Reply
from qiao.domains.knowledge.contracts import PublishedEntry


def marked(turn: NewTurn, trying: Trying | None, reply: Reply, quoted: Iterable[PublishedEntry]) -> NewTurn:
    """The turn with its version, where what is tried had a part in the reply. `quoted`: the entries that a flow quotes in it."""
    if trying is None or not _met(trying, reply, quoted):
        return turn
    return replace(turn, experiment_id=trying.experiment_id, second=trying.second)


def _met(trying: Trying, reply: Reply, quoted: Iterable[PublishedEntry]) -> bool:
    if trying.subject is None:
        return True
    if trying.subject.kind == "flow":
        return reply.flow is not None and is_version(reply.flow.flow_id, reply.flow.run.version, trying)
    if reply.written is not None:
        return any(one.entry_id == trying.subject.id for one in reply.written.sources)
    said = [*quoted, *([reply.entry] if reply.entry is not None and reply.act.zone == "answer" else [])]
    return any(is_worded(one, trying) for one in said)
