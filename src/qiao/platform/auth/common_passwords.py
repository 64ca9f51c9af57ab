"""Passwords that guessers try first: the 30,000 that are used most, and others by how people make them.

The list is that of zxcvbn. The rest is written by ourselves: words that people take (English, Chinese in pinyin, names of products and
posts), walks over a keyboard, sequences and repetitions. A password is common when nothing else is left of it after digits and signs at
its ends are taken away and letters that were written as digits are read as letters.
"""

import string
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    from zxcvbn import frequency_lists
else:
    frequency_lists = lazy("zxcvbn.frequency_lists")

_WRITTEN = """
    password passwd passwort passphrase pass secret admin administrator root user guest login signin welcome hello hallo letmein
    open sesame master super superman batman dragon monkey tiger panda princess sunshine shadow football baseball basketball
    hockey soccer liverpool chelsea arsenal summer winter spring autumn january february march april june july august september
    october november december monday tuesday wednesday thursday friday saturday sunday iloveyou love lovely baby angel flower
    freedom whatever trustno trust nobody computer internet server test testing tester demo sample example temp temporary
    default changeme change service support customer helpdesk agent owner manager office company business money china beijing
    shanghai shenzhen guangzhou hangzhou london paris america michael jordan daniel thomas robert charlie jessica jennifer
    ashley michelle andrew matthew george hunter killer ginger pepper cookie chocolate banana orange apple google microsoft
    windows samsung facebook twitter linkedin alibaba taobao tencent weixin wechat huawei xiaomi qiao woaini woaiwojia aini wode
    mima nihao nihaoma zhongguo aiguo laopo laogong baobao baobei xiaobao wangwei zhangwei liwei wang zhang chen yang zhao huang
    zhou laoban gongsi kefu qwer asdf zxcv abc abcd me my is the and you for new one i a
"""
WORDS = frozenset(_WRITTEN.split())
_ROWS = (
    "1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    string.ascii_lowercase,
    "01234567890",
)
_READ = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_ENDS = string.digits + string.punctuation + string.whitespace
_SHORTEST_WALK = 3
_LONGEST_UNIT = 4


def is_common(password: str, about: Collection[str] = ()) -> bool:
    """True for what is tried first, and for little more than what is known of its owner (`about`: names, addresses)."""
    text = password.casefold()
    if text in _most_used() or _repeats(text) or _walks(text):
        return True
    known = {
        part for word in about for part in (word.casefold().strip(), word.casefold().partition("@")[0].strip()) if len(part) > 2
    }
    cores = {text.strip(_ENDS), text.translate(_READ).strip(_ENDS), text.strip(_ENDS).translate(_READ)}
    return any(core == "" or core in known or _only_words(core, WORDS | known) for core in cores)


@cache
def _most_used() -> frozenset[str]:
    return frozenset(frequency_lists.FREQUENCY_LISTS["passwords"])


def _repeats(text: str) -> bool:
    """One or few characters, or a short unit over and over."""
    return any(len(text) > 2 * size and text == (text[:size] * len(text))[: len(text)] for size in range(1, _LONGEST_UNIT + 1))


def _walks(text: str) -> bool:
    """Nothing but walks of three keys or more, either way, and what ends it."""
    rest = text
    while len(rest) >= _SHORTEST_WALK:
        length = next((size for size in range(len(rest), _SHORTEST_WALK - 1, -1) if _is_walk(rest[:size])), 0)
        if not length:
            return False
        rest = rest[length:]
    return True


def _is_walk(text: str) -> bool:
    return any(text in way for way in _ways())


@cache
def _ways() -> tuple[str, ...]:
    return tuple(way for row in _ROWS for way in (row, row[::-1]))


def _only_words(core: str, words: Collection[str]) -> bool:
    """Whether a text can be cut into such words, whatever stands between them."""
    letters = "".join(mark for mark in core if mark.isalnum())
    reached = {0}
    for end in range(1, len(letters) + 1):
        if any(letters[start:end] in words for start in reached):
            reached.add(end)
    return len(letters) in reached
