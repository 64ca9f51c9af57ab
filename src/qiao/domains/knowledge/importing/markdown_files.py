"""Markdown as people keep it: a head of `key: value` lines, then the text with relative pictures."""

import html
import re
from collections.abc import Callable

from qiao.domains.knowledge.importing.documents import Document, lines_of
from qiao.domains.knowledge.importing.picture_shelf import PictureShelf

_KEYS = {
    **dict.fromkeys(("title", "标题"), "title"),
    **dict.fromkeys(("slug", "permalink"), "slug"),
    **dict.fromkeys(("category", "分类", "目录"), "category"),
    **dict.fromkeys(("summary", "description", "摘要", "简介"), "summary"),
    **dict.fromkeys(("language", "lang", "locale", "语言"), "language"),
    **dict.fromkeys(("audience", "visibility", "受众", "可见范围", "可见性"), "audience"),
}
_PAIR = re.compile(r"([^\s:：#\-][^:：]{0,60}?)\s*[:：]\s+?(.*)$|([^\s:：#\-][^:：]{0,60}?)\s*：(.*)$")
_MAX_HEAD_LINES = 100
# Possessive throughout: what a part has taken it never gives back, so that no text makes these slow.
_REFERENCE = r"(?:data:[^\s()<>\"']++|[^\s()<>\"'][^()<>\n\"']{0,500}+(?:\([^()\n]{0,100}+\)[^()<>\n\"']{0,500}+)?+)"
_PICTURE_TITLE = r"(?:[ \t]*+(?:\"[^\"\n]{0,300}+\"|'[^'\n]{0,300}+'))?+"
_PICTURE = re.compile(rf"!\[([^\[\]\n]{{0,300}}+)\]\([ \t]*+(?:<([^<>\n]{{1,2000}}+)>|({_REFERENCE}))({_PICTURE_TITLE})[ \t]*+\)")
_BY_LABEL = re.compile(r"!\[([^\[\]\n]{0,300})\](?:\[([^\[\]\n]{0,300})\])?(?!\()")
_LABEL = re.compile(r"^ {0,3}\[([^\[\]\n]{1,300})\]:[ \t]*<?([^\s<>]+)>?.*$", re.MULTILINE)
_TAG = re.compile(r"<img\b([^<>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_CODE_SPAN = re.compile(r"(?<!`)(`{1,20}+)[^`\n]+\1")


def read_markdown(source: str, text: str, shelf: PictureShelf, category: str | None = None) -> Document:
    """The document of one Markdown file. Pictures go to the shelf; one that is not there leaves its alternative text."""
    stated, body = split_head(text)
    body = _with_pictures(body, shelf)
    return Document(
        source=source,
        body=body,
        stated=stated,
        category=category,
        pictures=shelf.pictures,
        problems=tuple(shelf.problems),
    )


def split_head(text: str) -> tuple[dict[str, str], str]:
    """The stated keys we know, and the text after them.

    The head is what stands between a first line `---` and the next such line. Only plain `key: value` lines count: no
    nesting, no tags, no anchors, nothing of YAML is evaluated. Without a closing line there is no head.
    """
    lines = text.split("\n")
    if lines[0].strip() != "---":
        return {}, text
    end = next((number for number, line in enumerate(lines[1:_MAX_HEAD_LINES], start=1) if line.strip() in {"---", "..."}), 0)
    if not end:
        return {}, text
    stated: dict[str, str] = {}
    for line in lines[1:end]:
        pair = _PAIR.match(line)
        if pair:
            key = _KEYS.get((pair[1] or pair[3]).strip().lower())
            value = _unquoted((pair[2] or pair[4] or "").strip())
            if key and value:
                stated.setdefault(key, value)
    return stated, "\n".join(lines[end + 1 :])


def _unquoted(value: str) -> str:
    for mark in "\"'":
        if len(value) > 1 and value[0] == value[-1] == mark:
            return value[1:-1].strip()
    return " ".join(value.split())


def _with_pictures(body: str, shelf: PictureShelf) -> str:
    labels = {label.lower(): target for label, target in _LABEL.findall(body)}

    def shown(alternative: str, reference: str, title: str = "") -> str:
        taken = shelf.take(reference)
        return f"![{alternative}]({taken}{title})" if taken else alternative

    def by_label(match: re.Match[str]) -> str:
        target = labels.get((match[2] or match[1]).lower())
        return shown(match[1], target) if target else match[0]

    def by_tag(match: re.Match[str]) -> str:
        attributes = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(match[1])}
        alternative = re.sub(r"[\[\]\n]", " ", attributes.get("alt", ""))
        return shown(alternative, attributes["src"]) if attributes.get("src") else alternative

    def replaced(line: str) -> str:
        if "!" not in line and "<" not in line:
            return line
        line = _PICTURE.sub(
            lambda match: shown(match[1], match[2] or match[3].strip(), f" {match[4].strip()}" if match[4] else ""), line
        )
        return _TAG.sub(by_tag, _BY_LABEL.sub(by_label, line))

    return "\n".join(line if is_code else _outside_code_spans(line, replaced) for line, is_code in lines_of(body))


def _outside_code_spans(line: str, replaced: Callable[[str], str]) -> str:
    parts: list[str] = []
    start = 0
    for span in _CODE_SPAN.finditer(line):
        parts += [replaced(line[start : span.start()]), span[0]]
        start = span.end()
    return "".join([*parts, replaced(line[start:])])
