"""The states of a session on the platform, what may follow what, and whether replies may go. Pure.

Source: the platform's page on assigning sessions; it calls them 未处理, 智能助手接待, 待接入池, 人工接待, 已结束.
"""

from enum import IntEnum


class State(IntEnum):
    """What the platform says of a session."""

    NEW = 0
    BOT = 1
    """Served by API: ours."""
    QUEUED = 2
    """Waiting in the platform's own queue."""
    HUMAN = 3
    """In the hands of somebody in the platform's own app."""
    ENDED = 4
    """Over, or never begun: only the customer's next message makes it new."""


MOVES: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.BOT, State.QUEUED, State.HUMAN, State.ENDED}),
    State.BOT: frozenset({State.QUEUED, State.HUMAN, State.ENDED}),
    State.QUEUED: frozenset({State.HUMAN, State.ENDED}),
    State.HUMAN: frozenset({State.HUMAN, State.ENDED}),
    State.ENDED: frozenset(),
}


def may_move(now: State, to: State) -> bool:
    """Whether the platform lets a session go from one state to the other."""
    return to in MOVES[now]


def to_hold(now: State) -> State | None:
    """Where to move a session before the first reply so that it stays ours; None: it may stay where it is."""
    return State.BOT if may_move(now, State.BOT) else None


def refusal(now: State) -> str | None:
    """Why no reply may go in this state, as the agent is told; None: it may."""
    return {State.QUEUED: "served_elsewhere", State.HUMAN: "served_elsewhere", State.ENDED: "window_closed"}.get(now)
