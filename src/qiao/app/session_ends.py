"""Word of sessions and keys that ended, from the commit that ended them to every process: their sockets close, and nobody is asked.

The log tells it too, and `session_watch` looks; both wait for the database, which may have much to do. This does not. A word that is lost
costs what they take.
"""

from uuid import UUID

from qiao.app.house import House
from qiao.domains.people.events import SessionEnded
from qiao.platform.live.feed import session_topic
from qiao.platform.live.socket import CLOSE_ENDED

TOPIC = "sessions.ended"


class SessionEnds:
    """Tells of this process's commits, and closes here what ended anywhere."""

    def __init__(self, house: House) -> None:
        self._hub = house.hub
        self._bus = house.bus
        house.database.on_fact(SessionEnded.wire_name, self._committed)
        self._bus.subscribe(TOPIC, self._heard)

    def close(self, session_id: UUID) -> None:
        """Close what a session or key has open in this process. Idempotent."""
        self._hub.close_topic(session_topic(session_id), CLOSE_ENDED)

    def _committed(self, session_id: UUID) -> None:
        self.close(session_id)
        self._bus.publish(TOPIC, session_id.bytes, here=False)

    def _heard(self, _topic: str, payload: bytes) -> None:
        self.close(UUID(bytes=payload))
