"""A draft answer from what agents replied: the reply that fits the question best, without what belonged to that customer. Pure.

Nothing is made up: every sentence of a draft was written by an agent. Greetings, names, courtesies and sentences with personal data
or with what holds for one order alone are left out, so the draft may say less than the agent did, and never more.
"""

import re
from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.learning.contracts import DraftAnswer
from qiao.domains.bot.learning.watching import words_of
from qiao.domains.bot.summary import entities_in
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

MAX_ANSWER = 2_000
MAX_VARIANTS = 20
MAX_CITED = 8
SHORTEST = 6
"""Characters from which a cleaned reply can be an answer."""
_LONG_ENOUGH = 60
_AGREEMENT = 0.5
_FEW_NAMES = 2

_SENTENCES = lazy_pattern(r"[^。！？!?\n]+?(?:[。！？!?]+|\.(?=\s|$)|\n|$)")
_GREETING = lazy_pattern(
    r"^(?:(?:亲爱的|尊敬的|亲|您好|你好|嗨|哈喽|早上好|上午好|中午好|下午好|晚上好|hi|hello|hey|dear|good (?:morning|afternoon|evening))"
    r"(?:[^,，。!！~～:：\n]{0,12}?(?=[,，。!！~～:：\n]|$))?[\s,，。!！~～:：]*)+",
    re.IGNORECASE,
)
_COURTESY = lazy_pattern(
    r"(?:感谢|谢谢)(?:您|你)?(?:的)?(?:咨询|联系|耐心|等待|支持|理解|反馈|来信|等候)|很高兴(?:为您|为你)?服务|祝(?:您|你)|还有(?:什么|其他|别的)"
    r"|请问(?:还|您|你)|稍等|请等|让您久等|久等了|不好意思|抱歉|对不起|我(?:来)?(?:帮|替|给)(?:您|你)(?:查|看|问|核实)|我(?:去)?(?:查|看|问|核实)一下"
    r"|不客气|没关系|满意|好评|(?:前面|之前|上面)的(?:对话|聊天|记录)|情况(?:我|已经)?了解|我了解了|(?:我|这边)(?:就|先|会)?(?:把|给|替|帮)(?:您|你)"
    r"|记(?:下来|给|一下)"
    r"|thank(?:s| you)|i (?:can )?(?:see|read) (?:the|your) (?:chat|messages|conversation)"
    r"|i understand|i (?:can|will|could) (?:keep|note|pass|mark)"
    r"|happy to help|glad to|anything else|have a (?:nice|great|good)|one moment|bear with|let me (?:check|look|see)"
    r"|sorry|apolog|you re welcome|you're welcome|best regards|kind regards|regards$|i(?:'|’)?ll (?:check|look)|may i (?:have|ask)"
    r"|could you (?:send|tell|give)",
    re.IGNORECASE,
)
_OF_ONE = lazy_pattern(
    r"(?:您|你)的(?:订单|包裹|快递|退款|申请)(?!页|列表|中心)|已(?:经)?(?:为您|帮您|给您|替您)|(?:帮|为|给|替)(?:您|你)(?:登记|处理|修改|取消|安排|申请|补发|退)"
    r"|(?:今天|明天|昨天|刚刚|刚才)"
    r"|\byour (?:order|parcel|package|refund|request) (?:is|was|has|will)|\bi(?:'ve| have) |\b(?:today|tomorrow|yesterday)\b",
    re.IGNORECASE,
)
_LEADING_NAME = lazy_pattern(r"^[\w·. ]{1,20}[,，:：]\s*")
_WHITE = lazy_pattern(r"[ \t]+")


class AgentReply(Struct, frozen=True, kw_only=True):
    """What agents wrote after a question, joined; `names` are those of the customer and the agents of that conversation."""

    conversation_id: UUID
    text: str
    language: str
    names: frozenset[str] = frozenset()


def draft(questions: Sequence[str], replies: Sequence[AgentReply]) -> DraftAnswer:
    """A FAQ of these questions, the most central first, answered with the best of `replies`; '' when none can be used.

    The best is the one that shares most words with the questions and with the other replies: what several agents said is what the
    company says. Ties go to the earlier reply.
    """
    cleaned = [(reply, clean(reply.text, reply.names, reply.language)) for reply in replies]
    usable = [(reply, text) for reply, text in cleaned if len(text) >= SHORTEST]
    ranked = sorted(range(len(usable)), key=lambda at: (-_fit(at, questions, [text for _, text in usable]), at))
    question = questions[0]
    return DraftAnswer(
        question=question,
        variants=[one for one in dict.fromkeys(questions) if one != question][:MAX_VARIANTS],
        answer=usable[ranked[0]][1][:MAX_ANSWER] if ranked else "",
        cited=list(dict.fromkeys(usable[at][0].conversation_id for at in ranked))[:MAX_CITED],
    )


def clean(text: str, names: Collection[str], language: str) -> str:
    """A reply without greetings, names, courtesies and what concerns one customer. Keeps the lines it was written in."""
    lines = (
        " ".join(_kept(line, names, language)) if language == "en" else "".join(_kept(line, names, language))
        for line in text.split("\n")
    )
    return "\n".join(line for line in lines if line).strip()


def _kept(line: str, names: Collection[str], language: str) -> list[str]:
    sentences = (_greetingless(match[0].strip(), names) for match in _SENTENCES.finditer(line))
    return [one for one in sentences if one and _general(one, names, language)]


def _greetingless(sentence: str, names: Collection[str]) -> str:
    sentence = _WHITE.sub(" ", _GREETING.sub("", sentence)).strip(" ~～")
    named = _LEADING_NAME.match(sentence)
    if named and any(name in named[0] for name in _real(names)):
        sentence = sentence[named.end() :]
    return sentence


def _general(sentence: str, names: Collection[str], language: str) -> bool:
    """Whether it holds for anybody who asks this."""
    if not any(map(str.isalnum, sentence)) or _COURTESY.search(sentence) or _OF_ONE.search(sentence):
        return False
    return not any(name in sentence for name in _real(names)) and not entities_in([sentence], language)


def _real(names: Collection[str]) -> list[str]:
    """Names long enough to be told from other words."""
    return [name for name in names if len(name.strip()) >= _FEW_NAMES]


def _fit(at: int, questions: Sequence[str], answers: Sequence[str]) -> float:
    words = words_of(answers[at])
    asked = frozenset[str]().union(*(words_of(one) for one in questions))
    on_topic = len(words & asked) / max(1, len(asked))
    others = [words_of(one) for place, one in enumerate(answers) if place != at]
    agreed = sum(len(words & other) / max(1, len(words | other)) for other in others) / len(others) if others else 0.0
    return on_topic + _AGREEMENT * agreed + min(1.0, len(normalise(answers[at])) / _LONG_ENOUGH)
