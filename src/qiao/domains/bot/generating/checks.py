"""What an answer must be before a customer reads it. Pure: the reply, what it was given, and a verdict with every check it failed.

Nothing is repaired. An answer that fails is not shown, and the built-in one stands in its place.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from qiao.domains.bot.generating.figures import Facts, facts_of
from qiao.domains.bot.generating.support import Told, contradicts, dates_fail, figures_fail, told, unsupported
from qiao.kit.text import detect_language, normalise

MAX_ANSWER = 1_200
MAX_SENTENCES = 30
_LEAKED = 40
_COURTESY_LENGTH = 120
_LEAD_LENGTH = 60
_CITATION = re.compile(r"\s*\[(\d{1,2})\]")
_WIDE_CITATION = re.compile(r"[【［]\s?(\d{1,2})\s?[】］]")
_SENTENCE = re.compile(
    r".+?(?:(?:[。！？…]+|[!?]+(?=[\s\[\u4e00-\u9fff\"'”’)]|$))[”’」』\"')）]*|(?<!\be\.g)(?<!\bi\.e)(?<!\bNo)\.(?=\s|\s?\[\d|$)|$)"
    r"(?:\s*\[\d{1,2}\])*",
    re.DOTALL,
)
_ITEM = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.)、）]|#{1,6})\s*")
_MARKUP = re.compile(
    r"<\s*[a-z/!?]|&(?:#\w{1,8}|[a-z]{2,10});|```|~~~|javascript:|vbscript:|data:\w+/"
    r"|\bon\w{3,20}\s?=|\{\{|\{%|\|\s?-{3}",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"!\[")
_REFERENCE = re.compile(r"\]\s?\(|\]\s?\[[^\]]*\D[^\]]*\]|^\s*\[[^\]]+\]:", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]{1,200})\]\(([^)\s]{1,500})\)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+", re.IGNORECASE)
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_STRANGE = re.compile(r"[A-Za-z\d+/=_-]{32,}")
_HUMAN = re.compile(
    r"我(?:就|其实)?(?:是|不是)(?:一[名位个])?(?:真人|人类|活人|人工客服|机器人|AI|人工智能)"
    r"|\bI(?:['’]m| am) (?:not )?(?:an? )?(?:real |actual |live )?"
    r"(?:human|person|people|bot|robot|AI\b|machine)",
    re.IGNORECASE,
)
_ACTED = re.compile(
    r"(?:已经?|现已|刚刚)(?:帮|为|给|替)?[您你]?[^，。；]{0,4}(?:办理|申请|取消|修改|退款|登记|提交|安排|转接|通知|发放|处理|下单)"
    r"|(?:我|我们|这就|马上)(?:来|会|将|可以|现在)?(?:帮|为|给|替)[您你][^，。；]{0,4}(?:办理|申请|取消|修改|退款|登记|提交|安排|转接|下单|发放)"
    r"|\bI(?:['’]ve| have|['’]ll| will| can|['’]m)?(?: now| just| already)?(?: going to)? ?"
    r"(?:cancel|refund|process|submit|arrang|book|chang|updat|issu|transfer|notif|forward|credit|appl)\w*",
    re.IGNORECASE,
)
_COURTESIES = re.compile(
    r"(?:您好|你好|亲|好的|当然|没问题|明白|了解|感谢|谢谢|多谢|抱歉|很抱歉|非常抱歉|对不起|不好意思|不客气|希望(?:以上|这|能|对)|"
    r"如(?:果|需|有)?[您你]?(?:还)?(?:有|需要)?(?:任何|其他|其它|别的|更多)?(?:疑问|问题|帮助|需要)|祝[您你]|欢迎随时|请随时|还有(?:什么|其他)"
    r"|有(?:任何|其他)).{0,40}"
    r"|(?:hi|hello|hey|sure|certainly|of course|absolutely|thanks?|thank you|i['’]?m sorry|sorry|we apologi[sz]e|"
    r"(?:i |we )?hope (?:this|that)|"
    r"(?:please )?let (?:me|us) know|(?:please )?feel free|if you have|if there['’]?s|you['’]?re welcome|have a (?:nice|great|good)|"
    r"is there anything|great question|happy to help|glad to help|here['’]?s what|here is what).{0,100}",
    re.IGNORECASE | re.DOTALL,
)


class Grounds(Struct, frozen=True, kw_only=True):
    """What an answer may stand on. `passages` in the order of their numbers from 1; `asked`: the question and what came before it;
    `secrets`: marks that only the prompt holds; `prompt`: the prompt's own words.
    """

    passages: Sequence[str]
    asked: str
    language: str
    secrets: Sequence[str]
    prompt: str


class Verdict(Struct, frozen=True):
    """`failed` names every check that did not pass; empty: `text` may be shown and stands on the passages `cited` (from 0)."""

    text: str
    cited: tuple[int, ...]
    failed: tuple[str, ...]


def check(reply: str, grounds: Grounds) -> Verdict:
    """Look at a reply with its masks taken off. Never raises; bounded by MAX_ANSWER."""
    text = _WIDE_CITATION.sub(r"[\1]", reply.strip())
    if not text or len(text) > MAX_ANSWER:
        return Verdict("", (), ("empty" if not text else "length",))
    sentences = list(islice(_sentences(text), MAX_SENTENCES + 1))
    if len(sentences) > MAX_SENTENCES:
        return Verdict("", (), ("length",))
    cited = tuple(dict.fromkeys(at for _, places, _ in sentences for at in places))
    # One look at each: a check that fails is named once, in the order of the checks.
    failed = [*_whole(text, grounds), *_sentences_fail(sentences, grounds)]
    if not any(places for _, places, _ in sentences):
        failed.append("uncited")
    return Verdict(_CITATION.sub("", text), cited, tuple(dict.fromkeys(failed)))


def _whole(text: str, grounds: Grounds) -> Iterator[str]:
    bare = _CITATION.sub("", text)
    passages = "\n".join(grounds.passages)
    if leaks(text, grounds.secrets, grounds.prompt):
        yield "leak"
    if _MARKUP.search(bare) or _PICTURE.search(bare) or _REFERENCE.search(_LINK.sub(" ", bare)):
        yield "markup"
    if any(facts_of(link[1]).urls != facts_of(link[2]).urls and link[2] not in passages for link in _LINK.finditer(bare)):
        yield "link"
    if _HIDDEN.search(text):
        yield "hidden"
    if any(one not in passages for one in _STRANGE.findall(bare)):
        yield "strange"
    if detect_language(_ADDRESS.sub(" ", bare), grounds.language) != grounds.language:
        yield "language"
    if _HUMAN.search(bare):
        yield "human"


def leaks(text: str, secrets: Sequence[str], prompt: str) -> bool:
    """Whether a text holds a mark of the prompt, or forty characters of its own words."""
    said, own = normalise(text), normalise(prompt)
    windows = (said[at : at + _LEAKED] for at in range(max(len(said) - _LEAKED + 1, 0)))
    return any(normalise(secret) in said for secret in secrets) or any(window in own for window in windows)


Sentence = tuple[str, tuple[int, ...], bool]
"""Its words, the passages it cites from 0, and whether it leads into a list."""


def _sentences(text: str) -> Iterator[Sentence]:
    lines = [line for line in text.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        led = at + 1 < len(lines) and _ITEM.match(lines[at + 1]) is not None
        for match in _SENTENCE.finditer(_ITEM.sub("", line)):
            words = _CITATION.sub("", match[0]).strip()
            cited = tuple(int(number) - 1 for number in _CITATION.findall(match[0]))
            if words.strip("*_.。 "):
                yield words, cited, led and words.endswith((":", "："))


def _sentences_fail(sentences: Sequence[Sentence], grounds: Grounds) -> Iterator[str]:
    asked = told(grounds.asked)
    # Many sentences cite the same passages: each set of them is taken apart once.
    known: dict[tuple[int, ...], Told] = {}
    for words, cited, leads in sentences:
        said = told(words)
        if _ACTED.search(words) and not any(words.strip("。.") in passage for passage in grounds.passages):
            yield "acted"
        if not cited:
            if any(said.facts) or said.promises or not _harmless(words, leads=leads):
                yield "uncited"
        elif any(not 0 <= at < len(grounds.passages) for at in cited):
            yield "citation"
        else:
            if cited not in known:
                known[cited] = told("\n".join(grounds.passages[at] for at in cited))
            yield from _against(said, known[cited], asked)


def _against(said: Told, passage: Told, asked: Told) -> Iterator[str]:
    yield from _facts(said.facts, passage.facts, asked.facts)
    if said.promises - passage.promises:
        yield "promise"
    if unsupported(said, passage, asked):
        yield "unsupported"
    if contradicts(said, passage):
        yield "contradicts"


def _facts(said: Facts, cited: Facts, asked: Facts) -> Iterator[str]:
    if figures_fail(said, cited, asked):
        yield "figure"
    if dates_fail(said, [cited, asked]):
        yield "date"
    if said.urls - cited.urls:
        yield "link"
    if said.emails - cited.emails - asked.emails:
        yield "email"
    if said.codes - cited.codes - asked.codes:
        yield "code"


def _harmless(words: str, *, leads: bool) -> bool:
    """Courtesies, questions back to the customer, and a line that leads into a list."""
    plain = words.strip("*_ ")
    if leads:
        return len(plain) <= _LEAD_LENGTH
    if len(plain) > _COURTESY_LENGTH:
        return False
    return _COURTESIES.fullmatch(plain) is not None or plain.endswith(("?", "？"))
