"""Messages as their writers laid them out: cleaned when they come, kept beside the words, bound to the pictures that came along."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from qiao.domains.conversations.contracts import Attachment
from qiao.kit.tidy_html import MAX_HTML
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Scope
from qiao.platform.uploads.originals import clean_original
from qiao.ports.channel import Media

ORIGINAL = "original"
NAME = "original.html"


async def keep_original(
    files: Files, scope: Scope, given: Sequence[Media], stored: Sequence[tuple[Media, Attachment]]
) -> dict[str, Any] | None:
    """What the message's content["original"] is: the page's file and how many pictures from elsewhere it shows; None without one.

    `stored`: the files that came along; the page shows them by the names that they came with, and what is kept by their own ids. Raises
    what keeping a file raises.
    """
    html = next((one.data.decode("utf-8", "replace") for one in given if one.kind == ORIGINAL and one.data), "")
    if not html or len(html) > MAX_HTML:
        return None
    names = {one.ref["cid"]: str(kept.id) for one, kept in reversed(stored) if "cid" in one.ref}
    cleaned, elsewhere = await asyncio.to_thread(_cleaned, html, names)
    if not cleaned.strip():
        return None
    return {"file_id": str(await files.keep_page(scope, NAME, cleaned)), "elsewhere": elsewhere}


def _cleaned(html: str, names: Mapping[str, str]) -> tuple[str, int]:
    elsewhere: list[str] = []

    def picture(place: str) -> str | None:
        if place[:4].lower() != "cid:":
            elsewhere.append(place)
            return place
        found = names.get(unquote(place[4:]).strip())
        return f"cid:{found}" if found else None

    return clean_original(html, picture), len(set(elsewhere))
