"""Reading a file from a multipart request within its bound."""

from litestar.datastructures import UploadFile

from qiao.platform.uploads.api import DEFAULT_LIMITS, UploadTooLarge

BODY_LIMIT = DEFAULT_LIMITS.max_bytes + 1024 * 1024
"""Bytes of a request that carries one file; other requests are held to a far smaller bound."""


async def read_upload(upload: UploadFile, limit: int = DEFAULT_LIMITS.max_bytes) -> tuple[str, bytes]:
    """(claimed name, bytes). Raises UploadTooLarge before more than the limit is held."""
    data = await upload.read(limit + 1)
    if len(data) > limit:
        raise UploadTooLarge(f"The file is larger than {limit // 1024 // 1024} MB.", limit=limit, unit="bytes")
    return upload.filename or "file", data
