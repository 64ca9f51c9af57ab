"""No pattern and no text with places to fill is made of words from outside: both are written in the source, or escaped."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from made_texts import fillings, patterns
from source import SOURCE, python_files

_OWN = "made of what this file writes"
PATTERNS = {
    "domains/bot/entities/moments.py": ({"pattern"}, _OWN),
    "domains/bot/flows/patterns.py": ({"pattern"}, "a company's own pattern, judged before it is one: test_flow_faults"),
    "domains/bot/generating/masking.py": ({"_loose(value)"}, "escapes each part of the value"),
    "domains/bot/generating/support.py": ({"pattern"}, _OWN),
    "domains/bot/intents/itself.py": ({"_asked(_YOU, _THING)", "_asked('这(?:边|里)?', f'(?:个|一个)?(?:{_TOLD})')"}, _OWN),
    "domains/notifications/rules.py": ({"_pattern(person.name)"}, "escapes the name"),
    "kit/lazy.py": ({"self._text"}, "a pattern of whoever calls it, which is looked at there"),
    "kit/text.py": ({"marks", "letters", "self._lengths"}, "characters of the library's tables"),
    "kit/tidy_html.py": ({"name"}, "the name of an element, one of a fixed set"),
}
FILLINGS = {
    "app/channels_page.py": ({"words['times']", "words['limit']", "words['event']", "words['files']", "words['options']"}, _OWN),
    "app/doctor.py": ({"text"}, _OWN),
    "app/doctor_words.py": ({"what", "mend"}, _OWN),
    "domains/bot/assist/promise_times.py": ({"said"}, _OWN),
    "domains/commerce/store/words.py": ({"words"}, _OWN),
    "domains/knowledge/import_rows.py": ({"reason[0] if language == 'zh' else reason[1]"}, "a reason of a fixed table"),
    "domains/knowledge/importing/reasons.py": ({"chinese if language.partition('-')[0].lower() == 'zh' else english"}, _OWN),
    "platform/auth/sealing.py": ({"self.column.former"}, "written with the column"),
    "platform/i18n/__init__.py": ({"sentence"}, "a sentence of the catalogues that come with the program"),
    "portal/help_pages.py": ({"Markup('<mark>{}</mark>')"}, _OWN),
}


def found(look: object) -> dict[str, set[str]]:
    return {path.relative_to(SOURCE).as_posix(): what for path in python_files() if (what := set(look(path)))}  # type: ignore[operator]


def test_patterns_are_written_or_escaped() -> None:
    assert found(patterns) == {name: parts for name, (parts, _why) in PATTERNS.items()}


def test_texts_with_places_are_written_here() -> None:
    assert found(fillings) == {name: parts for name, (parts, _why) in FILLINGS.items()}


@pytest.mark.parametrize(
    "code",
    ["re.search(word, text)", "re.compile(f'^{word}$')", "re.sub('a' + word, '', text)", "re.split('|'.join(words), text)",
     "re.findall('|'.join(f'({one})' for one in words), text)", "lazy_pattern(given)"],
)  # fmt: skip
def test_a_pattern_of_somebody_s_would_be_seen(tmp_path: Path, code: str) -> None:
    path = tmp_path / "one.py"
    path.write_text(f"import re\n{code}\n", encoding="utf-8")
    assert list(patterns(path))


@pytest.mark.parametrize(
    "code",
    ["re.search(re.escape(word), text)", "re.compile(rf'\\b{re.escape(word)}\\b')", "re.split('|'.join(map(re.escape, words)), text)",
     "_WORD = 'a'\nre.compile(f'{_WORD}+')", "re.compile('[a-z]')"],
)  # fmt: skip
def test_one_that_is_escaped_is_none(tmp_path: Path, code: str) -> None:
    path = tmp_path / "one.py"
    path.write_text(f"import re\n{code}\n", encoding="utf-8")
    assert list(patterns(path)) == []


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("given.format(a=1)", True),
        ("given.format_map(values)", True),
        ("environment.from_string(given)", True),
        ("given % (1, 2)", True),
        ("format(1, given)", True),
        ("'{}'.format(given)", False),
        ("_WORDS = {}\n_WORDS['a'].format(given)", False),
        ("'%s' % (given,)", False),
        ("number % 7", False),
    ],
)
def test_a_text_of_somebody_s_that_is_filled_would_be_seen(tmp_path: Path, code: str, seen: bool) -> None:
    path = tmp_path / "one.py"
    path.write_text(f"{code}\n", encoding="utf-8")
    assert bool(list(fillings(path))) is seen
