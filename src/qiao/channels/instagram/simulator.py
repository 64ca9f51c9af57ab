"""Instagram's side: one professional account with its conversations, and the comments under its posts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from qiao.channels.shared.page_simulating import PageSimulator
from qiao.ports.testing.simulating import Fault


class Simulator(PageSimulator):
    """One account."""

    kind: ClassVar[str] = "instagram"
    replies: ClassVar[str] = "replies"
    longest: ClassVar[int] = 1000
    refusals: ClassVar[Mapping[Fault, tuple[int, int, str, int]]] = {
        Fault.WINDOW_CLOSED: (400, 10, "(#10) This message is sent outside of allowed window.", 2534022),
        Fault.BLOCKED: (400, 551, "(#551) This person isn't available right now.", 1545041),
    }

    def length(self, text: str) -> int:
        """Here bytes count."""
        return len(text.encode())

    def comment_change(self, verb: str, comment: Mapping[str, str]) -> dict[str, Any]:
        """The field `comments`; only new ones are told of."""
        value: dict[str, Any] = {
            "id": comment["id"],
            "text": comment["text"],
            "from": {"id": comment["address"], "username": comment["name"]},
            "media": {"id": comment["post"], "media_product_type": "FEED"},
        }
        return {"field": "comments", "value": value | ({"parent_id": comment["parent"]} if comment["parent"] else {})}
