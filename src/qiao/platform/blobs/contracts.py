"""What a stored file is."""

from uuid import UUID

from msgspec import Struct


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file as faces show it. Urls are relative to the origin and contain a 256-bit secret; size in bytes, width and height in pixels."""

    id: UUID
    name: str
    content_type: str
    size: int
    url: str
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None


class FileContent(Struct, frozen=True):
    """What is served: bytes, type, whether browsers may show it in place, and whether it is for those who are signed in alone."""

    data: bytes
    content_type: str
    name: str
    inline: bool
    inside: bool = False
