"""The catalogue of webhooks as a page of the guide, in both languages: written from the catalogue itself, so that it is never stale."""

import json

import msgspec

from qiao.domains.webhooks.catalogue import entries
from qiao.domains.webhooks.contracts import CatalogueEntry

_WORDS = {
    "en": {
        "title": "Events of webhooks",
        "lead": "Every event there is, with an example of what is sent. How to receive them: [webhooks](webhooks.md).",
        "rule": "A field keeps its meaning for ever; new ones may be added. What did not change in an event of a change is left out.",
        "table": "| event | tells | inboxes can be chosen |\n|---|---|---|",
        "yes": "yes",
        "no": "no",
        "version": "version",
    },
    "zh": {
        "title": "Webhook 事件",
        "lead": "所有事件，以及发送内容的示例。怎样接收：[Webhook](webhooks.zh.md)。",
        "rule": "字段的含义永远不变，但可能增加新字段。变更类事件里，没有变的字段不会出现。",
        "table": "| 事件 | 含义 | 可按收件箱选择 |\n|---|---|---|",
        "yes": "是",
        "no": "否",
        "version": "版本",
    },
}


def render(lang: str) -> str:
    """The page in a language."""
    words, found = _WORDS[lang], entries()
    rows = [
        f"| [`{one.type}`](#{_anchor(one, lang)}) | {one.text[lang]} | {words['yes' if one.by_inbox else 'no']} |"
        for one in found
    ]
    parts = [f"# {words['title']}", words["lead"], words["rule"], "\n".join([words["table"], *rows])]
    return "\n\n".join([*parts, *(_section(one, lang) for one in found)]) + "\n"


def _section(one: CatalogueEntry, lang: str) -> str:
    example = json.dumps(msgspec.json.decode(one.example), ensure_ascii=False, indent=2)
    heading = f"## {one.type} · {one.title[lang]}"
    return f"{heading}\n\n{one.text[lang]} ({_WORDS[lang]['version']} {one.version})\n\n```json\n{example}\n```"


def _anchor(one: CatalogueEntry, lang: str) -> str:
    """As GitHub names a heading: lower case, blanks as hyphens, everything but letters, digits, hyphens and underscores away."""
    text = f"{one.type} · {one.title[lang]}".lower().replace(" ", "-")
    return "".join(mark for mark in text if mark.isalnum() or mark in "-_")
