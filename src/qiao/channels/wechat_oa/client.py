"""The platform's calls that a reply needs, in their order."""

import base64

from msgspec import Struct

from qiao.channels.shared.asking import read_answer
from qiao.channels.shared.errcode_api import Done, Ended, ErrcodeApi, is_file
from qiao.channels.wechat_oa import codec
from qiao.ports.channel import (
    FetchedMedia,
    Media,
    OutboundFile,
    OutboundMessage,
    Rejected,
    Sent,
    Template,
    Wire,
)

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
}
THUMB = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8yb"
    "qmx5moq6T/wAALCAAQABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/ALgP/9k="
)
"""A grey square: a video is not taken without a picture to stand for it, and we have none of its own."""


class _Template(Struct, frozen=True):
    template_id: str
    content: str = ""


class _Templates(Struct, frozen=True):
    template_list: tuple[_Template, ...] = ()


class _SentTemplate(Struct, frozen=True):
    msgid: int


class Callers(Struct, frozen=True):
    """From where the platform calls us."""

    ip_list: tuple[str, ...]


class Follower(Struct, frozen=True):
    """Who follows the account. Those who do not, and accounts that are bound to no subject, have no union id."""

    unionid: str = ""


class _VideoAt(Struct, frozen=True):
    video_url: str


async def delivered(api: ErrcodeApi, wire: Wire, message: OutboundMessage) -> Sent:
    """Hand in what the message carries. Raises Ended."""
    if message.template:
        return await _template(api, message.to, message.template)
    media_id = thumb_id = ""
    if message.files:
        file = message.files[0]
        media_id = await _upload(api, wire, file)
        if file.kind == "video":
            thumb_id = await api.upload("/cgi-bin/media/upload", {"type": "thumb"}, "media", ("thumb.jpg", THUMB, "image/jpeg"))
    await api.call("/cgi-bin/message/custom/send", Done, codec.body_of(message, media_id, thumb_id))
    return Sent()


async def _upload(api: ErrcodeApi, wire: Wire, file: OutboundFile) -> str:
    if file.content_type not in EXTENSIONS:
        raise Ended(Rejected("not_allowed"))
    # The platform goes by the ending and does not take every name.
    named = (f"{file.kind}.{EXTENSIONS[file.content_type]}", await wire.read_file(file), file.content_type)
    return await api.upload("/cgi-bin/media/upload", {"type": file.kind}, "media", named)


async def _template(api: ErrcodeApi, to: str, template: Template) -> Sent:
    held = await api.get("/cgi-bin/template/get_all_private_template", _Templates)
    content = next((one.content for one in held.template_list if one.template_id == template.name), None)
    if content is None:
        raise Ended(Rejected("unknown_template"))
    keys = codec.template_keys(content)
    if len(keys) != len(template.values):
        raise Ended(Rejected("template_values"))
    filled = {key: {"value": value} for key, value in zip(keys, template.values, strict=True)}
    body = {"touser": to, "template_id": template.name, "data": filled}
    return Sent(str((await api.call("/cgi-bin/message/template/send", _SentTemplate, body)).msgid))


async def fetched(api: ErrcodeApi, media: Media) -> FetchedMedia:
    """A customer's file. A video is told as an address to fetch it from. Raises Ended."""
    answer = await api.download("/cgi-bin/media/get", {"media_id": media.ref.get("media_id", "")})
    video = None if is_file(answer) else read_answer(answer, _VideoAt)
    if video:
        answer = await api.elsewhere(video.video_url)
    content_type = media.content_type or answer.headers.get("content-type", "").partition(";")[0] or None
    return FetchedMedia(data=answer.body, name=media.name, content_type=content_type)
