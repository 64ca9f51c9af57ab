"""Facebook's side: one page with its conversations, and the comments under its posts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from qiao.channels.shared.graph_simulating import now
from qiao.channels.shared.page_simulating import PAGE_ID, PageSimulator
from qiao.ports.testing.simulating import Fault


class Simulator(PageSimulator):
    """One page."""

    kind: ClassVar[str] = "page"
    replies: ClassVar[str] = "comments"
    longest: ClassVar[int] = 2000
    refusals: ClassVar[Mapping[Fault, tuple[int, int, str, int]]] = {
        Fault.RATE_LIMITED: (400, 613, "(#613) Calls to this api have exceeded the rate limit.", 0),
        Fault.WINDOW_CLOSED: (400, 10, "(#10) This message is sent outside of allowed window.", 2018278),
        Fault.BLOCKED: (400, 551, "(#551) This person isn't available right now.", 1545041),
    }

    def comment_change(self, verb: str, comment: Mapping[str, str]) -> dict[str, Any]:
        """The field `feed`."""
        post = f"{PAGE_ID}_{comment['post']}"
        value = {
            "item": "comment",
            "verb": verb,
            "comment_id": comment["id"],
            "post_id": post,
            "parent_id": comment["parent"] or post,
            "from": {"id": comment["address"], "name": comment["name"]},
            "message": comment["text"],
            "created_time": now(),
            "post": {"id": post, "permalink_url": f"https://www.facebook.com/lanting/posts/{comment['post']}"},
        }
        return {"field": "feed", "value": value}
