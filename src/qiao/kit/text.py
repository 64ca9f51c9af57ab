"""Text made comparable: one normal form, the terms answers are found by, the tokens messages are searched by, the language.

Everything here is pure and total: any `str` is accepted (lone surrogates, NUL, megabytes), nothing raises, time stays linear.
What is shown to people is never normalised; this is only for comparing.

Sources: Unicode NFKC (UAX 15), OpenCC dictionaries for traditional to simplified characters, PostgreSQL `tsvector` and
`tsquery` input syntax.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from opencc import OpenCC

from qiao.kit.lazy import lazy_pattern
from qiao.kit.pinyin import is_pinyin

# Scripts written without spaces between words: Han, kana, Hangul (spaced, but inflected), Thai, Lao, Myanmar, Khmer.
_UNSPACED = (
    "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u1100-\u11ff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
# Invisible or steering characters: controls that are not white space, soft hyphen, joiners, direction marks, fillers,
# variation selectors, tags, surrogates, private use, non-characters.
_INVISIBLE = lazy_pattern(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)
# ASCII has a branch of its own: the wide class is searched range by range.
_RUNS = lazy_pattern(f"(?P<unspaced>[{_UNSPACED}]+)|(?P<word>(?:[a-zA-Z0-9]+|[^\\W_{_UNSPACED}])+)")
_MARKS_KEPT = 4


@cache
def _marks() -> frozenset[str]:
    return frozenset(chr(point) for point in range(0x300, 0x1E950) if unicodedata.combining(chr(point)))


@cache
def _long_mark_runs() -> re.Pattern[str]:
    """Runs of combining marks longer than any script needs: NFKC sorts a run in quadratic time, so they are cut first."""
    marks = "".join(_marks())
    return lazy_pattern(f"([{marks}]{{{_MARKS_KEPT}}})[{marks}]+")


class _Simplifier:
    """OpenCC's own tables applied in linear time; its converter is quadratic in the length of a sentence.

    What Taiwan calls otherwise (軟體, 網路) becomes the mainland's word where the text is in traditional characters.
    """

    def __init__(self) -> None:
        simplifier, mainland = OpenCC("t2s"), OpenCC("tw2sp")
        tables = [table for _, _, table in simplifier.dict_cache.values()]
        phrases = {key: mainland.convert(key) for _, _, table in mainland.dict_cache.values() for key in table if len(key) > 1}
        characters: dict[str, str] = {}
        for table in tables:
            for key, value in table.items():
                (characters if len(key) == 1 else phrases)[key] = value.split(" ")[0]
        self._characters = str.maketrans(characters)
        self._phrases = phrases
        self._lengths: dict[str, list[int]] = {}
        for phrase in sorted(phrases, key=len, reverse=True):
            lengths = self._lengths.setdefault(phrase[0], [])
            if len(phrase) not in lengths:
                lengths.append(len(phrase))
        self._beginning = re.compile(f"[{''.join(self._lengths)}]")
        # Characters that simplified text seldom has, one at least of each phrase: without any of them there is nothing to do.
        telling = {key for key, value in characters.items() if key != value}
        own = [next((one for one in key if one in characters), key[0]) for table in tables for key in table if len(key) > 1]
        self._telling = telling.union(own)

    def convert(self, text: str) -> str:
        if self._telling.isdisjoint(text):
            return text
        pieces: list[str] = []
        done = 0
        for match in self._beginning.finditer(text):
            at = match.start()
            ends = (at + length for length in self._lengths[match[0]]) if at >= done else ()
            end = next((end for end in ends if text[at:end] in self._phrases), at)
            if end > at:
                pieces += text[done:at].translate(self._characters), self._phrases[text[at:end]]
                done = end
        return "".join([*pieces, text[done:].translate(self._characters)])


@cache
def _simplifier() -> _Simplifier:
    return _Simplifier()


def normalise(text: str) -> str:
    """One form for what people read as the same: NFKC, lower case, nothing invisible, simplified characters, single spaces.

    Full-width and half-width, traditional and simplified, and upper and lower case become equal. Never raises; linear time.
    """
    if text.isascii():
        return " ".join(_INVISIBLE.sub("", text).lower().split())
    text = _INVISIBLE.sub("", text)
    if not _marks().isdisjoint(text):
        text = _long_mark_runs().sub(r"\1", text)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    return " ".join(_simplifier().convert(text).split())


def _fold(word: str) -> str:
    """Accents off: café is found by cafe."""
    if word.isascii():
        return word
    return "".join(mark for mark in unicodedata.normalize("NFD", word) if not unicodedata.combining(mark)) or word


_SHORTEST_STEMMED = 4
_SHORTEST_STEM = 3
_VOWELS = frozenset("aeiouy")


def _undouble(stem: str) -> str:
    return stem[:-1] if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem


def _stem(word: str) -> str:
    """Light English stemming: plurals, -ing, -ed, a final e. Wrong stems are harmless: both sides get the same one."""
    if len(word) < _SHORTEST_STEMMED or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > _SHORTEST_STEMMED:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        stem = word[: -len(ending)]
        if word.endswith(ending) and len(stem) >= _SHORTEST_STEM and _VOWELS.intersection(stem):
            word = _undouble(stem)
            break
    return word[:-1] if len(word) > _SHORTEST_STEMMED and word.endswith("e") else word


def _grams(word: str) -> Iterator[str]:
    """Letter trigrams of a longer word, so that a misspelled word still meets the right one."""
    framed = f"^{word}$"
    return (f"~{framed[at : at + 3]}" for at in range(len(framed) - 2))


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The words and the stretches of unspaced script in a normalised text, in order; True for the latter."""
    return ((run[0], run["unspaced"] is not None) for run in _RUNS.finditer(text))


def retrieval_terms(text: str) -> list[str]:
    """What an answer is found by, repeats kept: single characters and pairs of unspaced scripts, stemmed words, their trigrams.

    Normalises first, so callers pass what was written.
    """
    terms: list[str] = []
    for run in _RUNS.finditer(normalise(text)):
        if run["unspaced"]:
            characters = run["unspaced"]
            terms.extend(characters)
            terms.extend(first + second for first, second in pairwise(characters))
        else:
            word = _stem(_fold(run["word"]))[:40]
            terms.append(word)
            if len(word) >= _SHORTEST_STEMMED and not word.isdigit():
                terms.extend(_grams(word))
    return terms


# --- message search -------------------------------------------------------------------------------------------------------

_TOKEN_CHARACTERS = 64
_TOKENS = 20_000
_QUERY_TOKENS = 24
_UNSPACED_RUN = lazy_pattern(f"[{_UNSPACED}]+")
_JOINTS = frozenset("._@+-/:#")
_COMPOUND = lazy_pattern(r"(?<![^\W_])[^\W_]+(?:[._@+\-/:#]+[^\W_]+)+")
_DIGIT = lazy_pattern(r"\d")
_PHONE = lazy_pattern(r"(?<![^\W_])\+?\d(?:[\s().\-]{0,2}\d){6,17}(?![^\W_])")

_LONGEST_NATIONAL = 11


def _numbers(written: str) -> list[str]:
    """A written telephone or card number as its digits, with and without what may be a country code."""
    digits = re.sub(r"\D", "", written)
    national = [digits[-length:] for length in (11, 10) if len(digits) > length and len(digits) <= length + 3]
    return [digits, *national]


def _compounds(text: str) -> Iterator[str]:
    """Order numbers, addresses, links' hosts: written with marks inside, looked for whole. Unspaced scripts end them."""
    if not _JOINTS.isdisjoint(text):
        for match in _COMPOUND.finditer(_UNSPACED_RUN.sub(" ", text)):
            yield _fold(match[0])[:_TOKEN_CHARACTERS]


def search_tokens(text: str) -> str:
    """The distinct tokens a message is found by, space-joined: `array_to_tsvector(string_to_array($1, ' '))`.

    Pairs of characters and the last character of each run of an unspaced script; other words folded; e-mail addresses and
    order numbers whole and in parts; telephone numbers by all their digits. At most 20,000 tokens of 64 characters.
    """
    text = normalise(text)
    tokens: dict[str, None] = {}
    for run in _RUNS.finditer(text):
        characters = run["unspaced"]
        if characters:
            tokens.update(dict.fromkeys(first + second for first, second in pairwise(characters)))
            tokens[characters[-1]] = None
        else:
            tokens[_fold(run["word"])[:_TOKEN_CHARACTERS]] = None
        if len(tokens) >= _TOKENS:
            break
    tokens.update(dict.fromkeys(_compounds(text)))
    if _DIGIT.search(text):
        tokens.update(dict.fromkeys(number for match in _PHONE.finditer(text) for number in _numbers(match[0])))
    return " ".join(list(tokens)[:_TOKENS])


def _quoted(token: str, *, prefix: bool = False) -> str:
    escaped = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'" + (":*" if prefix else "")


def _word_conditions(text: str) -> Iterator[str]:
    for run in _RUNS.finditer(text):
        characters = run["unspaced"]
        if not characters:
            yield _quoted(_fold(run["word"])[:_TOKEN_CHARACTERS])
        elif len(characters) == 1:
            yield _quoted(characters, prefix=True)
        else:
            yield from (_quoted(first + second) for first, second in pairwise(characters))


def search_query(text: str) -> str:
    """`text` as a `tsquery` over `search_tokens`: all must be there; '' when there is nothing to search.

    A single character finds whatever begins with or contains it. An address or number matches whole. Operators in what was
    typed are only characters. At most 24 conditions; the rest of a longer text is left out.
    """
    text = normalise(text)
    conditions: dict[str, None] = {}
    for match in list(_PHONE.finditer(text)):
        parts = " & ".join(_quoted(digits) for digits in re.findall(r"\d+", match[0]))
        conditions[f"({_quoted(_numbers(match[0])[0][:_TOKEN_CHARACTERS])} | ({parts}))"] = None
    text = _PHONE.sub(" ", text)
    for compound in list(_compounds(text)):
        if "@" in compound or any(character.isdigit() for character in compound):
            conditions[_quoted(compound, prefix=True)] = None
    for condition in _word_conditions(text):
        conditions[condition] = None
        if len(conditions) >= _QUERY_TOKENS:
            break
    return " & ".join(list(conditions)[:_QUERY_TOKENS])


_PIECE = 3
_PIECES = 24


def piece_query(text: str) -> str:
    """A `tsquery` over the pieces of three characters that begin at every place of a text: what holds all of them may hold `text`.

    As written, nothing is folded. At most 24 conditions: who asks compares what is found. '' when there is nothing to look for.
    """
    pieces = dict.fromkeys(text[at : at + _PIECE] for at in range(len(text) - _PIECE + 1))
    if pieces:
        return " & ".join(_quoted(piece) for piece in list(pieces)[:_PIECES])
    return _quoted(text, prefix=True) if text else ""


def number_query(text: str) -> str | None:
    """A `tsquery` over whole numbers (`text_numbers` of the tables of contacts) for a text that is one and nothing else; None for others.

    However it is written: with separators or without them, and with a country's code (`+86`, `0086`) or without it.
    """
    written = normalise(text).lstrip("(")
    if not _PHONE.fullmatch(written):
        return None
    digits, *national = _numbers(written.removeprefix("00"))
    abroad = written.startswith(("+", "00")) or len(digits) > _LONGEST_NATIONAL
    return " | ".join(_quoted(number) for number in (digits, *(national if abroad else ())))


# --- language -------------------------------------------------------------------------------------------------------------

_SCRIPTS = {
    "ko": "\u1100-\u11ff\u3131-\u318e\uac00-\ud7af",
    "th": "\u0e00-\u0e7f",
    "ar": "\u0600-\u06ff\u0750-\u077f",
    "he": "\u0590-\u05ff",
    "ru": "\u0400-\u04ff",
    "el": "\u0370-\u03ff",
    "hi": "\u0900-\u097f",
}
_SCRIPT = {language: lazy_pattern(f"[{letters}]") for language, letters in _SCRIPTS.items()}
_HAN = lazy_pattern("[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = lazy_pattern("[\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff9d]")
_LATIN_WORD = lazy_pattern(r"(?<![^\W_])[a-z\u00c0-\u024f]{2,}(?![\d@.]\w|@)", re.IGNORECASE)
_LETTER = lazy_pattern("[a-z\u00c0-\u024f]", re.IGNORECASE)
_ENGLISH: frozenset[str] = frozenset(
    re.findall(
        r"\w+",
        "a an and any are be but can could did do does for from get have how i if in is it me my not of on or "
        "please should that the there this to was what when where which who why will with would you your",
    )
)
_SAMPLE = 2_000
_KANA_SHARE = 0.1


def detect_language(text: str, default: str) -> str:
    """The language of `text` by its script: 'zh', 'ja', 'ko', 'en' and others as ISO 639-1; `default` without letters.

    Han with a share of kana is Japanese, without it Chinese; Latin letters are taken as English. A product name in Latin
    letters inside a Chinese sentence does not make it English, and a sentence in pinyin is Chinese.
    """
    text = unicodedata.normalize("NFKC", text[:_SAMPLE])
    if text.isascii() and is_pinyin(text.lower()):
        return "zh"
    han, kana = len(_HAN.findall(text)), len(_KANA.findall(text))
    weights = {language: float(len(script.findall(text))) / 2 for language, script in _SCRIPT.items()}
    weights["ja" if kana > _KANA_SHARE * (han + kana) else "zh"] = 0.6 * (han + kana)
    words: list[str] = _LATIN_WORD.findall(text)
    # Beside another script, a Latin word that is no English function word is likely a name and weighs half.
    names = 0.5 if any(weights.values()) else 1.0
    weights["en"] = sum(1.0 if word.lower() in _ENGLISH else names for word in words) or 0.1 * bool(_LETTER.search(text))
    language = max(weights, key=lambda name: weights[name])
    return language if weights[language] > 0 else default


def storable(text: str) -> str:
    """What PostgreSQL can hold: no NUL, no lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
