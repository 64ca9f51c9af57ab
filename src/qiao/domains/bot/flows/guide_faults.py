"""What is wrong with what a flow shows: its pictures and videos, and its steps when they are to be read in the help centre. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.flows.contracts import AskNode, EndNode, FlowDefinition, HandOverNode, Node, SayNode
from qiao.domains.bot.flows.faults import LANGUAGES, FlowFault
from qiao.domains.bot.flows.named import texts_of
from qiao.domains.bot.flows.texts import placeholders
from qiao.domains.bot.flows.written import Guide, Media, MediaFile, is_picture, is_video, video_site

_SLUG = re.compile(r"[a-z0-9\u4e00-\u9fff]+(?:-[a-z0-9\u4e00-\u9fff]+)*")
_CHOSEN = frozenset({"choice", "yes_no"})


class Shelf(Struct, frozen=True, kw_only=True):
    """What a workspace has: those of the named files that are its own, and (language, slug) of its other guides."""

    files: Mapping[UUID, MediaFile] = {}
    taken: Collection[tuple[str, str]] = ()


def media_of(node: Node) -> Media | None:
    """The picture or video of a node."""
    return node.media if isinstance(node, SayNode | AskNode) else None


def guide_faults_of(flow: FlowDefinition, shelf: Shelf) -> list[FlowFault]:
    """Every fault, node by node; empty when everything can be shown."""
    found = [fault for node in flow.graph.nodes if (media := media_of(node)) for fault in _of_media(node.id, media, shelf)]
    if flow.guide is None:
        return found
    found += [fault for node in flow.graph.nodes for fault in _of_step(node)]
    return [*found, *_of_guide(flow.guide, shelf)]


def _of_media(node: str, media: Media, shelf: Shelf) -> Iterator[FlowFault]:
    if (media.file is None) == (media.link is None):
        yield FlowFault(code="no_media", node=node, field="media")
    elif media.link is not None and video_site(media.link) is None:
        yield FlowFault(code="video_not_allowed", node=node, field="media.link", detail=media.link)
    elif media.file is not None and (
        shelf.files.get(media.file.id) != media.file or not (is_picture(media.file) or is_video(media.file))
    ):
        yield FlowFault(code="unknown_file", node=node, field="media.file", detail=media.file.name)


def _of_step(node: Node) -> Iterator[FlowFault]:
    match node:
        case AskNode() if node.kind not in _CHOSEN or not node.choices or node.listed is not None or not node.required:
            yield FlowFault(code="not_in_guide", node=node.id, field="kind", detail=node.kind)
        case SayNode() | AskNode() | EndNode() | HandOverNode():
            for name, text, _ in texts_of(node):
                for path in sorted({path for one in text.values() for path in placeholders(one)} if _is_read(name) else ()):
                    yield FlowFault(code="slot_in_guide", node=node.id, field=name, detail=path)
        case _:
            yield FlowFault(code="not_in_guide", node=node.id, detail=type(node).__name__)
    if isinstance(node, HandOverNode) and not node.text:
        # Without a word of its own the page of this step would be empty.
        yield FlowFault(code="missing_text", node=node.id, field="text")


def _is_read(field: str) -> bool:
    """Whether a text is on the page; the others are for the chat, and for colleagues."""
    return field.split(".", maxsplit=1)[0] in {"text", "prompt", "choices", "media"}


def _of_guide(guide: Guide, shelf: Shelf) -> Iterator[FlowFault]:
    for language in LANGUAGES:
        for name, text in (("title", guide.title), ("summary", guide.summary), ("slug", guide.slug)):
            if not text.get(language, "").strip():
                yield FlowFault(code="missing_language", field=f"guide.{name}", detail=language)
        slug = guide.slug.get(language, "")
        if slug and not _SLUG.fullmatch(slug):
            yield FlowFault(code="bad_slug", field="guide.slug", detail=slug)
        elif (language, slug) in shelf.taken:
            yield FlowFault(code="taken_slug", field="guide.slug", detail=slug)
