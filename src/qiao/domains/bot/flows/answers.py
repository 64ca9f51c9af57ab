"""An answer read as what was asked for, and checked. Pure and total."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from qiao.domains.bot.entities.numerals import ENGLISH_NUMERAL, HAN_NUMBER, number
from qiao.domains.bot.flows.contracts import AskNode, SlotKind
from qiao.domains.bot.flows.heard import BOUND, heard_in, order_form
from qiao.domains.bot.flows.patterns import fits
from qiao.domains.bot.flows.running import Answer, Ground, Option
from qiao.kit.text import normalise

MAX_VALUE = 2_000
_SHORTEST_ADDRESS = 6
_SHORT = 60
_WORDS = re.compile(r"[A-Za-z0-9-]+")
_MARKS = re.compile(r"[\W_]+")
_POLITE = "谢谢 谢了 了 的 啊 吧 呀 哦 呢 哈 就行 please thanks thank_you then it_is it_does that_s_it"
_YES_WORDS = (
    "嗯 恩 好 好的 对 对的 是 是的 没错 正确 可以 行 确认 确定 要 需要 同意 没问题 无误 就这样 就是这个 提交 办吧 当然 "
    "y yes yeah yep yup ok okay sure correct right that_s_right that_is_right confirm confirmed go_ahead sounds_good looks_good "
    "fine please_do do_it of_course all_good"
)
_NO_WORDS = (
    "不 不是 不对 不用 不要 不需要 不行 不可以 不同意 不确认 否 没有 有误 错了 先不 别 "
    "n no nope nah not_yet not_really not_now not_right don_t do_not wrong incorrect that_s_wrong that_is_wrong no_need"
)


def _only(words: str) -> re.Pattern[str]:
    """Nothing but these words. Possessive, the longest first: read in one pass, whatever was written."""
    ordered = sorted(f"{words} {_POLITE}".split(), key=len, reverse=True)
    return re.compile("(?:" + "|".join(re.escape(word.replace("_", " ")) for word in ordered) + r"|\s)++")


_YES = _only(_YES_WORDS)
_NO = _only(_NO_WORDS)
_CLEAR_NO = _only("不用 不用了 不需要 不要 先不用 no_thanks no_thank_you not_now no_need")
_CLAUSES = re.compile("[，,。.!！;；~～]+")
_TAKEN_BACK = re.compile(
    r"不|别|改|错|换|但|另|[吗呢?？]|\d{4}|\b(?:but|not|no|n't|change|wrong|instead|another|except|(?<!ll )wait)\b"
)
_SKIP = re.compile(
    "(?:跳过|略过|没有|无|不填|不用|不需要|skip|none|no|nothing|not now|no thanks|n a)(?:了|吧|谢谢| please| it| this)*"
)
_NUMBER = re.compile(r"(?<![\d.])-?\d{1,12}(?:[.,]\d{1,6})?(?![\d])")
_NUMBERED = re.compile(r"(?<![A-Za-z0-9@.+-])(?=(?:[A-Za-z-]*\d){5})[A-Za-z0-9-]{5,31}(?![A-Za-z0-9@-])")
_WORDED = "|".join(word for word in ENGLISH_NUMERAL.split("|") if word not in {"a", "an"})
_NUMERAL = re.compile(rf"{HAN_NUMBER}{{1,12}}+(?![下起样直点些定般会边共家行])|\b(?:{_WORDED})\b")
_COUNTED = re.compile(rf"{HAN_NUMBER}{{1,12}}+(?=[个位名口人号件份只套把款])")
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_PLACE = re.compile(
    r"(?:第|选|要|option |number |no |the )*(?:(\d{1,2})|([一二三四五六七八九十])|(first|second|third|fourth|fifth|last)|(最后))"
    r"(?:一?[个条项单份笔]| one| option| order)*"
)


class Read(Struct, frozen=True):
    """A valid value; None where an answer was left out on purpose."""

    value: Any


def read(ask: AskNode, answer: Answer, options: Sequence[Option], ground: Ground) -> Read | None:
    """The answer as a value of the slot; None when it is none or breaks its rule."""
    plain = plain_of(answer.text)
    if not ask.required and _SKIP.fullmatch(plain):
        return Read(None)
    found = _picked(ask, answer, options) if ask.kind in {"choice", "yes_no"} else _READ[ask.kind](answer, ground)
    if found is not None and valid(ask, found, ground):
        return Read(found)
    return _inside(ask, answer, ground)


def _inside(ask: AskNode, answer: Answer, ground: Ground) -> Read | None:
    """The one word of an answer that fits the pattern: `尾号 0188`, "it ends in 0188"."""
    if ask.kind != "text" or ask.pattern is None:
        return None
    words = {word for word in _WORDS.findall(answer.text[:BOUND]) if valid(ask, word, ground)}
    return Read(words.pop()) if len(words) == 1 else None


def _picked(ask: AskNode, answer: Answer, options: Sequence[Option]) -> Any:
    if ask.kind == "choice":
        return chosen(answer.text, options, {choice.value: [*choice.words, *choice.label.values()] for choice in ask.choices})
    plain = plain_of(answer.text)
    nth = options[int(plain) - 1].value if plain in {"1", "2"} and len(options) == 2 else None
    label = next((option.value for option in options if plain_of(option.label) == plain), nth)
    return label == "yes" if label is not None else yes_or_no(answer.text)


def valid(ask: AskNode, value: Any, ground: Ground) -> bool:
    """Whether a value of the right kind keeps the rules of the question."""
    if ask.pattern is not None and not (isinstance(value, str) and fits(ask.pattern, value)):
        return False
    try:
        size = _size(ask.kind, value, ground)
    except (TypeError, ValueError):  # another question filled the same slot with something of another kind
        return False
    low = ask.minimum if ask.minimum is not None else size
    high = ask.maximum if ask.maximum is not None else size
    return low <= size <= high


def plain_of(text: str) -> str:
    """Words alone, normalised, for whole answers."""
    return " ".join(_MARKS.sub(" ", normalise(text[:BOUND])).split())


def yes_or_no(text: str) -> bool | None:
    """What a message means as an answer to a yes-or-no question; None when it says more than that."""
    plain = plain_of(text)
    if not plain or len(plain) > _SHORT:
        return None
    if _NO.fullmatch(plain):
        return False
    return True if _YES.fullmatch(plain) else _by_first_words(text)


def _by_first_words(text: str) -> bool | None:
    """An answer with a little more behind it ("好的，帮我催一下", "no thanks, I'll wait"); None where that takes something back."""
    first, *rest = _CLAUSES.split(text, maxsplit=1)
    if not rest or not rest[0].strip() or _TAKEN_BACK.search(normalise(rest[0])):
        return None
    if _CLEAR_NO.fullmatch(plain_of(first)):
        return False
    return True if _YES.fullmatch(plain_of(first)) else None


def chosen(text: str, options: Sequence[Option], words: Mapping[str, Sequence[str]] | None = None) -> str | None:
    """The option that a message means: its label, its value, one of its words, its number, or the only one it mentions."""
    plain = plain_of(text)
    if not plain:
        return None
    named = {
        option.value: {plain_of(option.label), plain_of(option.value), *map(plain_of, (words or {}).get(option.value, ()))}
        for option in options
    }
    whole = [value for value, names in named.items() if plain in names]
    if whole:
        return whole[0]
    place = _PLACE.fullmatch(plain if plain.isascii() else plain.replace(" ", ""))
    if place is not None:
        return _by_place(place, options)
    mentioned = [value for value, names in named.items() if any(_mentions(plain, name) for name in names)]
    mentioned = mentioned or [value for value, names in named.items() if any(_mentions(name, plain) for name in names)]
    return mentioned[0] if len(mentioned) == 1 else None


def _by_place(place: re.Match[str], options: Sequence[Option]) -> str | None:
    nth = int(number(place[1] or place[2]) or 0) if place[1] or place[2] else _PLACES.get(place[3], -1)
    at = nth - 1 if nth >= 0 else len(options) - 1
    return options[at].value if 0 <= at < len(options) else None


def _mentions(plain: str, name: str) -> bool:
    if name.isascii():
        return len(name) > 1 and re.search(rf"\b{re.escape(name)}\b", plain) is not None
    return name in plain


def _size(kind: SlotKind, value: Any, ground: Ground) -> float:
    if kind == "number":
        return float(value)
    if kind == "date":
        return (date.fromisoformat(value) - ground.now.astimezone(ZoneInfo(ground.zone)).date()).days
    return len(value) if isinstance(value, str | list) else 0


def _text(answer: Answer, _ground: Ground) -> str | None:
    return " ".join(answer.text.replace("\x00", "").split())[:MAX_VALUE] or None


def _number(answer: Answer, _ground: Ground) -> float | int | None:
    plain = normalise(answer.text[:BOUND])
    figures = _NUMBER.search(plain)
    if figures is not None:
        value = float(figures[0].replace(",", "." if figures[0].count(",") == 1 and len(figures[0].split(",")[1]) != 3 else ""))
        return int(value) if value.is_integer() else value
    worded = _COUNTED.search(plain) or _NUMERAL.search(plain)
    value = number(worded[0]) if worded else None
    return None if value is None else int(value) if value == int(value) else float(value)


def _order_number(answer: Answer, ground: Ground) -> str | None:
    heard = heard_in(answer.text, ground)
    if "order_number" in heard:
        return str(heard["order_number"])
    bare = answer.text.strip().strip("。.，,！!")
    if re.fullmatch(r"#?(?=[A-Za-z0-9-]*\d)[A-Za-z0-9-]{4,31}", bare):
        return order_form(bare)
    # Whoever was asked for a number and writes one has answered, whatever stands around it.
    numbers = set(_NUMBERED.findall(answer.text[:BOUND])) if not {"phone", "email", "date"} & set(heard) else set[str]()
    return order_form(numbers.pop()) if len(numbers) == 1 else None


def _address(answer: Answer, ground: Ground) -> str | None:
    found = _text(answer, ground)
    return found if found is not None and len(found) >= _SHORTEST_ADDRESS else None


def _heard(kind: str) -> Callable[[Answer, Ground], Any]:
    return lambda answer, ground: heard_in(answer.text, ground).get(kind)


_READ: Mapping[str, Callable[[Answer, Ground], Any]] = {
    "text": _text,
    "number": _number,
    "date": _heard("date"),
    "phone": _heard("phone"),
    "email": _heard("email"),
    "order_number": _order_number,
    "address": _address,
    "file": lambda answer, _ground: list(answer.files) or None,
}
