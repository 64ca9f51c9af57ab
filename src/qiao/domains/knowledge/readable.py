"""Articles and answers as pages show them."""

from qiao.domains.knowledge.markdown import Rendered, render
from qiao.domains.knowledge.rules import own_picture


def readable(body: str) -> Rendered:
    """The safe HTML of `body` under a page's title: its highest headings become level 2, whichever level the author began with.

    Pictures are shown only from our own files, so that reading a page tells nobody else.
    """
    rendered = render(body, own_picture, base_heading_level=1)
    highest = min((heading.level for heading in rendered.headings), default=2)
    return rendered if highest == 2 else render(body, own_picture, base_heading_level=3 - highest)
