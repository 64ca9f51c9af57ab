"""Whether a sentence says what a passage says: shared words, promises, yes and no. Pure, and on the careful side.

This compares words, not meaning. A sentence that is turned away although it was right costs only the built-in answer.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qiao.domains.bot.generating.figures import MONEY, SHARES, Facts, facts_of, plain
from qiao.kit.text import normalise, retrieval_terms

SHARED_IN_ALL = 0.45
SHARED_IN_PASSAGE = 0.25
_FEWEST = 4
"""Of a sentence's words, how many must stand in passage or question, and how many in the passage; with fewer words nothing is said."""
_SAME_CLAUSE = 0.6
_FEWEST_OF_CLAUSE = 2

_STOP: frozenset[str] = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be but by can could do does for from have has if in into is it its me my of on or our please so than "
        "that the their them then there these they this those to us was we were what when which will with would you your",
    )
)
_HAN = re.compile("[\u4e00-\u9fff]")
_SAFE_NO = re.compile(
    "不满|不足|不仅|不但|不同|不错|不过|不断|不少|不论|不管|无论|无理由|不限|不好意思|没问题|no questions asked|no problem|not only"
)
_NO = re.compile(
    r"[不没沒無无未勿别莫]|禁止|谢绝|拒绝|除外"
    r"|\b(?:not|no|never|cannot|can['’]?t|won['’]?t|unable|without|except|neither|nor|excluding)\b|n['’]t\b"
)
_CLAUSE = re.compile(r"[。！？!?；;，,、\n：:]|\.(?=\s|$)|\bbut\b|但")

PROMISES: dict[str, str] = {
    "refund": r"退款|退钱|退还|refund|money back|reimburs",
    "compensation": r"赔偿|补偿|赔付|compensat|make up for",
    "free": r"免费|包邮|免运费|免邮|赠送|送您"
    r"|(?<!feel )(?<!-)\bfree\b|complimentary|no charge|at no cost|without charge|\bon us\b",
    "discount": r"优惠|折扣|打折|减免|立减|半价|[一二三四五六七八九\d]\s?折|half price|discount|coupon|voucher|% off|rebate",
    "guarantee": r"保证|承诺|一定会|确保|担保|guarantee|promise|ensure|assure|definitely|certainly will",
    "warranty": r"保修|质保|warrant",
    "forever": r"终身|永久|永远|lifetime|forever|permanent",
    "any case": r"无条件|任何情况|随时可退|全额|unconditional|in all cases|any reason|no questions asked|full refund|in full\b",
    "at once": r"立即|马上|立刻|即时|immediately|instantly|right away|at once",
    "legal": r"法律|起诉|诉讼|lawsuit|\bsue\b|legal action|\bliab",
    "health": r"治疗|治愈|疗效|降血压|降血糖|抗癌|减肥|\bcures?\b|\btreats?\b|\bheal(?:s|ed|ing)?\b"
    r"|prevents? (?:cancer|disease)|lose weight",
}
_PROMISES = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in PROMISES.items()}


def promises_of(text: str) -> set[str]:
    """Matters that a company is held to, said in Chinese or English."""
    compared = plain(text)
    return {name for name, pattern in _PROMISES.items() if pattern.search(compared)}


def figures_fail(said: Facts, cited: Facts, asked: Facts) -> bool:
    """Whether a sentence names a figure that the passage does not have.

    Money and shares come from the passage alone. Other figures may be the question's; where the passage has one of the same unit
    (7 days), repeating only the question's (30 days) is no answer.
    """
    known = cited.figures | asked.figures
    values = {value for value, _ in known}
    for value, unit in said.figures:
        if unit in MONEY or unit in SHARES:
            if (value, unit) not in cited.figures:
                return True
        elif unit == "":
            if value not in values:
                return True
        elif ((value, unit) not in known and (value, "") not in known) or _echoes((value, unit), said, cited):
            return True
    return False


def _echoes(figure: tuple[str, str], said: Facts, cited: Facts) -> bool:
    theirs = {one for one in cited.figures if one.unit == figure[1]}
    return bool(theirs) and figure not in theirs and not theirs & said.figures


def dates_fail(said: Facts, known: Sequence[Facts]) -> bool:
    """Whether a date is in none of the texts; a year that nobody said is invented."""
    dates = {date for facts in known for date in facts.dates}
    days = {date[1:] for date in dates}
    return any(date not in dates and (date[0] or date[1:] not in days) for date in said.dates)


def terms_of(text: str) -> set[str]:
    """What a sentence is about: pairs of Chinese characters, stems of words."""
    return {
        term
        for term in retrieval_terms(text)
        if not term.startswith("~") and term not in _STOP and (len(term) == 2 if _HAN.search(term) else len(term) > 1)
    }


class Told(NamedTuple):
    """What a text says, taken apart once."""

    text: str
    facts: Facts
    promises: set[str]
    terms: set[str]
    clauses: list[tuple[set[str], bool]]
    """The terms of each clause, and whether it says no."""


def told(text: str) -> Told:
    """A text taken apart."""
    clauses = [(terms_of(clause), _negated(clause)) for clause in _clauses(text)]
    return Told(text, facts_of(text), promises_of(text), terms_of(text), clauses)


def unsupported(said: Told, passage: Told, asked: Told) -> bool:
    """Whether too little of a sentence stands in its passage. Of another script nothing can be said."""
    if not same_script(said.text, passage.text) or len(said.terms) < _FEWEST:
        return False
    in_passage, in_all = len(said.terms & passage.terms), len(said.terms & (passage.terms | asked.terms))
    return in_passage < SHARED_IN_PASSAGE * len(said.terms) or in_all < SHARED_IN_ALL * len(said.terms)


def contradicts(said: Told, passage: Told) -> bool:
    """Whether a clause of the sentence is a clause of the passage with its yes and no exchanged."""
    if not same_script(said.text, passage.text):
        return False
    return any(_turned(clause, passage.clauses) for clause in said.clauses)


def same_script(one: str, other: str) -> bool:
    """Whether both are Chinese, or neither is."""
    return bool(_HAN.search(one)) == bool(_HAN.search(other))


def _turned(clause: tuple[set[str], bool], theirs: Sequence[tuple[set[str], bool]]) -> bool:
    terms, negated = clause
    same = [other for found, other in theirs if _about_the_same(terms, found)]
    return bool(same) and negated not in same


def _about_the_same(terms: set[str], found: set[str]) -> bool:
    """Whether one clause holds most of the other."""
    fewer = min(len(terms), len(found))
    return fewer >= _FEWEST_OF_CLAUSE and len(terms & found) >= _SAME_CLAUSE * fewer


def _negated(clause: str) -> bool:
    return _NO.search(_SAFE_NO.sub(" ", clause)) is not None


def _clauses(text: str) -> Iterator[str]:
    return (clause for clause in _CLAUSE.split(normalise(text)) if clause and clause.strip())
