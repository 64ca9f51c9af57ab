"""From what was written to what a channel can carry: one reply becomes sends, and what the channel lacks is said in words. Pure.

The same message and manifest always give the same parts, so that a retry goes on where the last try stopped.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from qiao.domains.conversations.contracts import Attachment, AuthorKind, Message
from qiao.domains.delivery.plain import absolute, plain, with_origin
from qiao.domains.delivery.splitting import pieces
from qiao.domains.delivery.words import say
from qiao.ports.channel import Capability, Card, Manifest, Option, OutboundFile, Place, Template

MAP = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"
_KINDS = {"image": "image", "audio": "voice", "video": "video"}


class Part(Struct, frozen=True, kw_only=True):
    """One send. With a channel that takes several files in a message, text and files go together; otherwise one of these."""

    text: str = ""
    files: tuple[OutboundFile, ...] = ()
    options: tuple[Option, ...] = ()
    card: Card | None = None
    place: Place | None = None
    template: Template | None = None


def parts_of(message: Message, manifest: Manifest, *, language: str, origin: str) -> list[Part]:
    """The sends of a reply, in order; none when there is nothing to send."""
    content = message.content or {}
    if content.get("type") == "template" and Capability.TEMPLATES in manifest.capabilities:
        return [Part(template=_template(content))]
    card, place = _card(content, origin), _place(content)
    text = _text(message, manifest, origin)
    if card is not None:
        shown = Capability.CARD in manifest.capabilities
        text = ("" if _is_rendition(content) else text) if shown else _joined(text, _card_words(content, card, language))
        card = card if shown else None
    if place is not None and Capability.LOCATION not in manifest.capabilities:
        text, place = _joined(text, _place_words(place, language)), None
    files, links = _files(message.attachments, manifest, origin)
    text = _joined(text, *(say("file", language, name=one.name, url=one.url) for one in links))
    if content.get("disclosure") and message.author.kind is AuthorKind.BOT:
        text = _joined(say("disclosure", language), text)
    options = options_of(content)
    if options and not _fits(options, manifest):
        text, options = _joined(text, numbered(options, language)), ()
    if options and not text.strip():
        text = say("choose", language)
    extra = [*([Part(card=card)] if card else []), *([Part(place=place)] if place else [])]
    return _arranged(text, files, options, extra, manifest)


def texts_of(text: str, manifest: Manifest, origin: str) -> list[str]:
    """The texts that one text goes as."""
    return _cut(with_origin(text, origin) if manifest.markdown else plain(text, origin), manifest)


def options_of(content: Mapping[str, Any]) -> tuple[Option, ...]:
    """The answers that a message offers: entries of the bot, or a flow's own values."""
    found = cast("Sequence[Mapping[str, Any]]", content.get("options") or ())
    return tuple(Option(str(one.get("entry_id") or one["value"]), str(one["label"])) for one in found)


def numbered(options: Sequence[Option], language: str) -> str:
    """Options as lines that are answered with a number; the numbers are places in the list, from one."""
    lines = [f"{place}. {one.label}" for place, one in enumerate(options, start=1)]
    return "\n".join([*lines, say("numbers", language)])


def kind_of(content_type: str) -> str:
    """What a channel calls a file of this type."""
    return _KINDS.get(content_type.partition("/")[0], "file")


def _arranged(
    text: str, files: Sequence[OutboundFile], options: tuple[Option, ...], extra: list[Part], manifest: Manifest
) -> list[Part]:
    """Text before files, except that a question stands last; where a message takes several files they go with the text."""
    said = [Part(text=one) for one in _cut(text, manifest)]
    groups = [tuple(files[at : at + manifest.max_files]) for at in range(0, len(files), manifest.max_files or 1)]
    if said and groups and manifest.max_files > 1:
        said[-1] = replace(said[-1], files=groups.pop(0))
    shown = [Part(files=group) for group in groups] + extra
    if options:
        said[-1] = replace(said[-1], options=options)
        return shown + said
    return said + shown


def _cut(text: str, manifest: Manifest) -> list[str]:
    return [one for one in (piece.strip() for piece in pieces(text, manifest.max_text)) if one]


def _fits(options: Sequence[Option], manifest: Manifest) -> bool:
    return (
        Capability.OPTIONS in manifest.capabilities
        and len(options) <= manifest.max_options
        and all(len(one.label) <= manifest.max_option_label for one in options)
    )


def _text(message: Message, manifest: Manifest, origin: str) -> str:
    return with_origin(message.text, origin) if manifest.markdown else plain(message.text, origin)


def _joined(*texts: str) -> str:
    return "\n\n".join(one for one in texts if one)


def _template(content: Mapping[str, Any]) -> Template:
    values = tuple(str(one) for one in content.get("values") or ())
    return Template(name=str(content["name"]), language=str(content["language"]), values=values)


def _place(content: Mapping[str, Any]) -> Place | None:
    if content.get("type") != "place":
        return None
    latitude, longitude = float(content["latitude"]), float(content["longitude"])
    return Place(latitude=latitude, longitude=longitude, name=content.get("name"), address=content.get("address"))


def _place_words(place: Place, language: str) -> str:
    name = " · ".join(one for one in (place.name, place.address) if one)
    link = MAP.format(latitude=place.latitude, longitude=place.longitude)
    return "\n".join([say("place", language, name=name), link] if name else [link])


def _is_rendition(content: Mapping[str, Any]) -> bool:
    """A flow's card has its words in the message already."""
    return "card" in content


def _card(content: Mapping[str, Any], origin: str) -> Card | None:
    """A card from a flow's, a colleague's or an article's."""
    if content.get("type") not in {"card", "article"}:
        return None
    shown = cast("Mapping[str, Any]", content.get("card") or content)
    fields = cast("Sequence[Mapping[str, Any]]", shown.get("fields") or ())
    rows = cast("Sequence[Mapping[str, Any]]", shown.get("rows") or ())
    pairs = [(one["label"], one["value"]) for one in fields] or [*(shown.get("facts") or ())]
    lines = [" · ".join(str(row[key]) for key in ("note", "text") if row.get(key)) for row in rows]
    url, picture = shown.get("link") or shown.get("url"), shown.get("image_url")
    return Card(
        title=" · ".join(str(shown[key]) for key in ("title", "status") if shown.get(key)),
        text=str(shown.get("text") or "\n".join(lines)),
        url=absolute(str(url), origin) if url else None,
        image_url=absolute(str(picture), origin) if picture else None,
        facts=tuple((str(name), str(value)) for name, value in pairs),
    )


def _card_words(content: Mapping[str, Any], card: Card, language: str) -> str:
    if _is_rendition(content):
        return ""
    facts = [say("fact", language, name=name, value=value) for name, value in card.facts]
    return "\n".join(one for one in (card.title, card.text, *facts, card.url) if one)


def _files(attachments: Sequence[Attachment], manifest: Manifest, origin: str) -> tuple[list[OutboundFile], list[OutboundFile]]:
    """Files that the channel takes, each as what it takes it for; and those that it does not, for which a link goes."""
    taken: list[OutboundFile] = []
    linked: list[OutboundFile] = []
    for one in attachments:
        file = OutboundFile(
            id=one.id,
            kind=kind_of(one.content_type),
            name=one.name,
            content_type=one.content_type,
            size=one.size,
            url=absolute(one.url, origin),
        )
        kind = next((kind for kind in dict.fromkeys((file.kind, "file")) if _takes(manifest, file, kind)), None)
        (taken if kind else linked).append(replace(file, kind=kind or file.kind))
    return taken, linked


def _takes(manifest: Manifest, file: OutboundFile, kind: str) -> bool:
    """What can be sent has a limit in the manifest; a capability alone may be for what comes in."""
    limit = next((one for one in manifest.media if one.kind == kind), None)
    if limit is None or manifest.max_files == 0 or file.size > limit.max_bytes:
        return False
    return not limit.types or file.content_type in limit.types
