"""What an editor writes beside a flow's graph: texts in two languages, pictures and videos, and how a flow stands in the help centre.

A video of another site is an address that is linked to: nothing of elsewhere is ever embedded, so that reading tells nobody else.
"""

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Meta, Struct

LanguageCode = Annotated[str, Meta(pattern="^(zh|en)$")]
Text = dict[LanguageCode, Annotated[str, Meta(max_length=2_000)]]
Slug = Annotated[str, Meta(max_length=100)]

_VIDEO_SITES = frozenset(
    {
        *("youtube.com", "youtu.be", "youtube-nocookie.com", "vimeo.com", "player.vimeo.com"),
        *("bilibili.com", "player.bilibili.com", "b23.tv", "v.qq.com", "v.youku.com", "player.youku.com"),
    }
)


class MediaFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stored file as uploading gave it (`platform.blobs`); whoever publishes compares it with what is stored."""

    id: UUID
    name: Annotated[str, Meta(max_length=300)]
    content_type: Annotated[str, Meta(max_length=100)]
    size: Annotated[int, Meta(ge=0)]
    url: Annotated[str, Meta(max_length=300)]
    thumbnail_url: Annotated[str, Meta(max_length=300)] | None = None
    width: Annotated[int, Meta(ge=1)] | None = None
    height: Annotated[int, Meta(ge=1)] | None = None


class Media(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture or a video that goes with a text: a file of the workspace, or `link`, a video's page on a site that is known.

    `title` says what is to be seen: the alternative text of a picture, the name of a video.
    """

    title: Text
    file: MediaFile | None = None
    link: Annotated[str, Meta(max_length=500)] | None = None


class Guide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flow that customers also read in the help centre, step by step. `slug` is its address there, one a language."""

    title: Text
    summary: Text
    slug: dict[LanguageCode, Slug]


def video_site(link: str) -> str | None:
    """The known site that an address belongs to; None for any other, and for what is not plain https."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        bare = parts.scheme == "https" and parts.netloc.lower() == (parts.hostname or "")
    except ValueError:
        return None
    clean = link.isascii() and link.isprintable() and not any(sign in link for sign in " \"'<>\\()[]")
    return host if bare and clean and host in _VIDEO_SITES else None


def is_picture(file: MediaFile) -> bool:
    """Whether a file is shown as a picture."""
    return file.content_type.startswith("image/")


def is_video(file: MediaFile) -> bool:
    """Whether a file is played."""
    return file.content_type.startswith("video/")
