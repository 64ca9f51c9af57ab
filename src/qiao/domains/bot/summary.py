"""What a colleague needs to know at hand-over, gathered from the conversation. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from qiao.domains.bot.entities import find
from qiao.domains.bot.entities.contacts import EMAIL
from qiao.domains.bot.words import say, words_of
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import retrieval_terms

MAX_WANTS = 300
MAX_ENTITIES = 6
_PHONE = lazy_pattern(r"(?<![\w@.-])(?:\+\d{1,3}[ -]?)?(?:1[3-9]\d{9}|(?:\(?\d{3,4}\)?[ -])\d{3,4}[ -]?\d{4})(?![\w@])")
_NAMED_PHONE = lazy_pattern(
    r"(?:我的)?(?:手机号?|电话|联系方式|phone|tel)[\s:：是]{0,3}(?=[+\d(])" + _PHONE.pattern, re.IGNORECASE
)
_NAMED_ORDER = lazy_pattern(
    r"(?:订单(?:编?号|号码)?|单号|运单号?|order(?: ?(?:no|number|id|nr))?\.?)[\s:：#是为]{0,5}(?:is\b[\s:：#]{0,3})?"
    r"(?=[a-z0-9-]*\d)([a-z0-9][a-z0-9-]{4,30})",
    re.IGNORECASE,
)
_LOOKS_LIKE_ORDER = lazy_pattern(r"(?<![\w@.-])(?:[A-Z]{1,5}-?\d{5,20}|#\d{4,20}|\d{12,24})(?![\w@])")
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Summary(Struct, frozen=True, kw_only=True):
    """The content of the hand-over note. `entities` are named in the conversation's language."""

    who: str
    wants: str
    tried: list[str]
    entities: dict[str, str]
    language: str
    question_count: int
    mood: str = "calm"
    promises: list[str] = []

    def content(self) -> dict[str, Any]:
        """As a message's content."""
        return {
            "type": "summary",
            "who": self.who,
            "wants": self.wants,
            "tried": self.tried,
            "entities": self.entities,
            "language": self.language,
            "question_count": self.question_count,
            "mood": self.mood,
            "promises": self.promises,
        }

    def text(self) -> str:
        """The same in words, in the conversation's language, for what shows no cards."""
        colon = "：" if words_of(self.language) == "zh" else ": "
        comma = "；" if words_of(self.language) == "zh" else "; "
        lines = [(say("summary_who", self.language), self.who), (say("summary_wants", self.language), self.wants)]
        if self.tried:
            lines.append((say("summary_tried", self.language), comma.join(self.tried)))
        if self.promises:
            lines.append((say("summary_promised", self.language), comma.join(self.promises)))
        # A line each, so that nothing a customer wrote, their name neither, looks like a line of ours.
        return "\n".join(f"{name}{colon}{' '.join(value.split())}" for name, value in [*lines, *self.entities.items()])


def entities_in(texts: Sequence[str], language: str) -> dict[str, str]:
    """Order numbers, telephone numbers, e-mail addresses and dates that the customer wrote, by their name in `language`."""
    locale = "zh" if words_of(language) == "zh" else "en"
    named: dict[str, list[str]] = {"order": [], "phone": [], "email": [], "date": []}
    for text in texts:
        # As written: a colleague reads the words, so the moment they are counted from does not matter.
        for one in find(text, now=_ANY_TIME, zone=UTC, locale=locale):
            kind = "date" if one.kind == "datetime" else one.kind
            if kind in named:
                named[kind].append(one.text.strip().lstrip("#"))
    separator = "、" if locale == "zh" else ", "
    return {
        say(name, language): separator.join(list(dict.fromkeys(values))[:MAX_ENTITIES])
        for name, values in named.items()
        if values
    }


def without_entities(text: str) -> str:
    """A question without numbers and addresses, which say who asks and not what; as it is when nothing else is in it."""
    rest = _NAMED_ORDER.sub(_thing_alone, EMAIL.sub(" ", text))
    for pattern in (_NAMED_PHONE, _PHONE, _LOOKS_LIKE_ORDER):
        rest = pattern.sub(" ", rest)
    return rest if retrieval_terms(rest) else text


def _thing_alone(order: re.Match[str]) -> str:
    """The order itself stays in `where is my order 20261`; the name of a number, as in `order no. 20261`, asks nothing."""
    name = order[0][: order.start(1) - order.start()].strip(" :：#")
    return f" {name} " if name.lower() in {"order", "订单"} else " "
