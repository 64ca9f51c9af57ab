"""Which canned replies speak of what the customer asks. Pure."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from qiao.domains.bot.assist.contracts import SuggestedSnippet
from qiao.domains.bot.learning.watching import words_of
from qiao.domains.knowledge.contracts import Snippet

LEAST = 0.3
_UNKNOWN = 0.3
_BOUND = 600
_FEW = 4
_terms = lru_cache(maxsize=4_096)(words_of)
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and any are be but can could did do doe for from get have how i if in is it me my not of on or please the that thi "
        "there to wa we what when where which who why will with would you your "
        "怎么 么样 什么 如何 可以 请问 能不 不能 是否 一下 你们 我的 没有 有没",
    )
)
"""Words that say nothing about what is asked, as `retrieval_terms` gives them."""


def fitting(question: str, snippets: Sequence[Snippet], most: int = 3) -> list[SuggestedSnippet]:
    """The snippets that hold most of the question's telling words, best first; a word that every snippet has tells nothing."""
    held = [_terms_of(one) for one in snippets]
    everywhere = frozenset.intersection(*held) if len(held) >= _FEW else frozenset[str]()
    wanted = frozenset(term for term in _terms(question[:_BOUND]) if len(term) > 1) - _EMPTY - everywhere
    if not wanted or not snippets:
        return []
    weights = {term: _weight(sum(term in one for one in held), len(held)) for term in wanted}
    total = sum(weights.values())
    scored = [(sum(weights[term] for term in wanted & terms) / total, one) for one, terms in zip(snippets, held, strict=True)]
    best = sorted((item for item in scored if item[0] >= LEAST), key=lambda item: (-item[0], item[1].shortcut))[:most]
    return [
        SuggestedSnippet(id=one.id, shortcut=one.shortcut, title=one.title, body=dict(one.body), score=round(score, 4))
        for score, one in best
    ]


def _weight(having: int, snippets: int) -> float:
    """A word that no snippet has says little about which of them is meant."""
    return math.log(1 + snippets / (0.5 + having)) if having else _UNKNOWN


def _terms_of(snippet: Snippet) -> frozenset[str]:
    return _terms("\n".join((snippet.title, *(body[:_BOUND] for body in snippet.body.values()))))
