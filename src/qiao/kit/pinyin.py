"""Chinese typed as it sounds: what a Latin word reads as, and which characters sound alike. Tones are left out.

The readings of single characters are those of the `pypinyin` library, whose table alone is loaded, at its first use (some 20 ms):
its package would bring phrases that nothing here needs. Without the library no character sounds like another.
"""

import re
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

_INITIALS = ("b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r", "z", "c", "s")
_FINALS = re.findall(
    r"\w+",
    "a o e ai ei ao ou an en ang eng ong i ia ie iao iu ian in iang ing iong u ua uo uai ui uan un uang v ve ue",
)
_ALONE = re.findall(
    r"\w+",
    "a o e ai ei ao ou an en ang er yi ya yo ye yao you yan yin yang ying yong wu wa wo wai wei wan wen wang weng yu yue yuan yun",
)
# What an initial is never followed by; every other pair is taken as possible. Harmless when a pair too many is allowed.
_NOT_AFTER = {
    "b": "e ou ong ia iu iang iong ua uo uai ui uan un uang v ve ue",
    "p": "e ong ia iu iang iong ua uo uai ui uan un uang v ve ue",
    "m": "ong ia iang iong ua uo uai ui uan un uang v ve ue",
    "f": "e ai ao ong i ia ie iao iu ian in iang ing iong ua uo uai ui uan un uang v ve ue",
    "d": "o in iang iong ua uai uang v ve ue",
    "t": "o ei en ia iu in iang iong ua uai uang v ve ue",
    "n": "o ia iong ua uai ui un uang",
    "l": "iong ua uai ui uang",
    "g": "o i ia ie iao iu ian in iang ing iong v ve ue",
    "k": "o ei i ia ie iao iu ian in iang ing iong v ve ue",
    "h": "o i ia ie iao iu ian in iang ing iong v ve ue",
    "zh": "o ia ie iao iu ian in iang ing iong v ve ue",
    "ch": "o ei ia ie iao iu ian in iang ing iong v ve ue",
    "sh": "o ong ia ie iao iu ian in iang ing iong v ve ue",
    "r": "a o ai ei ia ie iao iu ian in iang ing iong uai uang v ve ue",
    "z": "o ia ie iao iu ian in iang ing iong ua uai uang v ve ue",
    "c": "o ei ia ie iao iu ian in iang ing iong ua uai uang v ve ue",
    "s": "o ei ia ie iao iu ian in iang ing iong ua uai uang v ve ue",
    **dict.fromkeys("jqx", "a o e ai ei ao ou an en ang eng ong ua uo uai ui uang v ve"),
}
_LONGEST = 6
_WORD_AT_MOST = 40
# Words a question in pinyin is seldom without; most are no words of English.
_TELLING = frozenset(
    re.findall(
        r"\w+",
        "wo wode women de ni nimen shi bu bushi le ma ne ba ya qing qingwen keyi neng nengbuneng yao xiang zenme zenmeyang shenme "
        "shenmeshihou shihou duojiu duoshao duoshaoqian jitian nali nar haishi meiyou zai hai dou gei kuaidi dingdan fahuo tuihuo "
        "tuikuan fapiao huanhuo wuliu",
    )
)
_LATIN = re.compile("[a-z]+")
_TONES = {
    **str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿếề", "aaaaeeeeiiiioooouuuuvvvvvnnnmee"),
    **dict.fromkeys(range(0x300, 0x370)),
}


@cache
def _syllables() -> frozenset[str]:
    joined = {first + last for first in _INITIALS for last in _FINALS if last not in _NOT_AFTER[first].split()}
    return frozenset({*joined, *_ALONE})


def syllables_of(word: str) -> tuple[str, ...]:
    """How a lower-case Latin word reads as syllables, the fewest and longest first; () when it is no pinyin.

    >>> syllables_of("fahuo")
    ('fa', 'huo')
    """
    if not word.isascii() or len(word) > _WORD_AT_MOST:
        return ()
    known = _syllables()
    # The best reading of each end of the word, from behind.
    best: list[tuple[str, ...] | None] = [*(None for _ in word), ()]
    for start in range(len(word) - 1, -1, -1):
        for length in range(min(_LONGEST, len(word) - start), 0, -1):
            rest = best[start + length]
            if rest is not None and word[start : start + length] in known:
                reading = (word[start : start + length], *rest)
                found = best[start]
                best[start] = reading if found is None or len(reading) < len(found) else found
    return best[0] or ()


def is_pinyin(text: str) -> bool:
    """Whether a whole lower-case text reads as Chinese in Latin letters: only syllables, one telling word or more, two at least."""
    words = text.split()
    plain = [word.strip("?!.,~ ") for word in words]
    if len(plain) < 2 or not any(word in _TELLING for word in plain):
        return False
    return all(_LATIN.fullmatch(word) is not None and syllables_of(word) for word in plain if word)


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    """Characters of the basic block with their syllables, the usual one first."""
    package = find_spec("pypinyin")
    if package is None or not package.submodule_search_locations:
        return {}
    spec = spec_from_file_location("qiao_character_readings", Path(package.submodule_search_locations[0], "pinyin_dict.py"))
    if spec is None or spec.loader is None:
        return {}
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[int, str] = module.pinyin_dict
    return {
        chr(point): tuple(dict.fromkeys(_plain(reading) for reading in readings.split(",")))
        for point, readings in table.items()
        if 0x4E00 <= point <= 0x9FFF
    }


def _plain(reading: str) -> str:
    """A reading without its tone; ü as v, as people type it."""
    return reading.translate(_TONES)


@cache
def _characters() -> dict[str, str]:
    held: dict[str, list[str]] = {}
    for character, readings in _readings().items():
        for reading in readings:
            held.setdefault(reading, []).append(character)
    return {reading: "".join(characters) for reading, characters in held.items()}


def characters_of(syllable: str) -> str:
    """The characters that may be read so; '' for none."""
    return _characters().get(syllable, "")


def homophones(character: str) -> str:
    """The characters that sound as the usual reading of `character`, itself among them; '' for what is no Chinese character."""
    readings = _readings().get(character)
    return characters_of(readings[0]) if readings else ""
