"""Several questions in one message: each is decided as if it had been asked alone, after those before it.

Each has its own reply with its own sources and its own turn. A flow that one of them wants is offered after the answers; none begins.
Where none of them finds anything, the message counts as one question.
"""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from qiao.domains.bot.dialogue import Act, Said, at_sight
from qiao.domains.bot.flows.turning import FlowTurns
from qiao.domains.bot.intents import split
from qiao.domains.bot.turn_parts import Question, Reply
from qiao.kit.ids import WorkspaceId

MOST = 3
"""Questions of one message that are answered; what is beyond, the customer is asked to send again."""
UNKNOWN = Act(zone="hand_over", reason="unknown", say="unknown")
_MORE = Act(zone="small_talk", reason="more", say="more")
_WINS = frozenset({"asked", "emergency", "angry"})

Search = Callable[[WorkspaceId, Question], Awaitable[Reply]]


def urgent_among(text: str) -> Act | None:
    """A wish for a person, danger or anger in one of the questions of a message: it wins over all of them."""
    acts = (at_sight(Said(text=part)) for part in split(text))
    return next((act for act in acts if act is not None and act.hand_over in _WINS), None)


def parts_of(question: Question) -> list[Question]:
    """The questions of a message, each as a message of its own after those before it; none when it asks one."""
    texts = split(question.message.text)
    if len(texts) < 2 or question.message.attachments or question.said.option is not None:
        return []
    said = [replace(question.message, text=text) for text in texts]
    return [replace(question, message=one, earlier=[*question.earlier, *said[:at]]) for at, one in enumerate(said)]


async def several(workspace_id: WorkspaceId, parts: list[Question], search: Search, flows: FlowTurns) -> Reply | None:
    """One reply for all of them; None when nothing is known of any."""
    said = [(part, await flows.offered(workspace_id, part, await search(workspace_id, part))) for part in parts[:MOST]]
    if all(reply.act.zone == "hand_over" for _, reply in said):
        return None
    said = [(part, reply if reply.act.zone != "hand_over" else replace(reply, act=UNKNOWN)) for part, reply in said]
    said.sort(key=lambda one: one[1].act.reason == "flow")
    if len(parts) > MOST:
        said.append((parts[MOST], Reply(act=_MORE, candidates=())))
    first = said[0][1]
    return Reply(act=first.act, candidates=first.candidates, parts=tuple(said))
