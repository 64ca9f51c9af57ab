"""No prototype can be poisoned in the web's code: what is written under a key that is not in the source stands here, with where it is from.

A prototype is reached by `one[a][b] = c` with `a` from outside, or by copying deeply; neither is there. `{ ...one }`, `{ [key]: value }`
and `Object.fromEntries` make a field of their own of every name, `__proto__` too; Map and Set have no such names.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import ROOT, text_of, web_files

OURS, NUMBER, CHECKED = (
    "one of a list in our own code",
    "a number",
    "a name whose letters the server has checked, without _ before it",
)
KEYS = {
    "apps/console/src/features/contacts/contact.ts": {"change[key]": OURS},
    "apps/console/src/features/conversations/channel/TemplatePicker.vue": {"values[at]": NUMBER},
    "apps/console/src/features/conversations/composer/EmojiPicker.vue": {"list[list.length - 1]": NUMBER},
    "apps/console/src/features/conversations/list/useFrozenOrder.ts": {"tails[at]": NUMBER},
    "apps/console/src/features/flows/model/layers.ts": {"next[at]": NUMBER},
    "apps/console/src/features/flows/model/layout.ts": {"rows[at]": NUMBER},
    "apps/console/src/features/flows/tools/ToolTrial.vue": {"samples[one.name]": CHECKED},
    "apps/console/src/features/inboxes/InboxConnection.vue": {"typed[field.key]": OURS, "values[field.key]": OURS},
    "apps/console/src/features/inboxes/InboxHours.vue": {"week[day]": NUMBER},
    "apps/console/src/features/inboxes/InboxLook.vue": {"values[field.key]": OURS},
    "apps/console/src/features/inboxes/InboxSecurity.vue": {"values[field.key]": OURS},
    "apps/widget/src/loader.ts": {
        "localStorage[memory]": "a name with ours before it, in a store",
        "told[name]": "what the page around says of itself, a text, of an object of its own",
    },
    "packages/live/src/apply.ts": {"this.counts[view]": OURS},
}
"""File -> what is written there under a key -> what the key is."""
COPIES = {
    "apps/console/src/features/conversations/composer/drafts.ts": "change, { touched: true })",
    "apps/widget/src/thread/thread.tsx": "link))",
}
"""What `Object.assign` is given that is not written there as `{ ... }`: made in the same file."""
FORBIDDEN = re.compile(r"__proto__|\.prototype\b|setPrototypeOf|defineProperty|Reflect\.set|for \((?:const|let) \w+ in ")
DEEP = re.compile(r"lodash|underscore|merge|extend|defu|object-path|dot-prop|set-value|jquery|immer")
_INDEX = r"\[(?P<key>[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*)\]!?"
_OPERATOR = r"\s*(?:(?:\*\*|\?\?|\|\||&&|<<|>>>?|[-+*/%&|^])?=(?![=>])|\+\+|--)"
_TARGET = r"(?P<target>[\w$.?!()\[\]]*[\w$)\]]!?)"
WRITTEN = re.compile(rf"{_TARGET}{_INDEX}{_OPERATOR}")
COUNTED = re.compile(rf"(?:\+\+|--){_TARGET}{_INDEX}")
BOUND = re.compile(rf'v-model(?::[\w-]+)?="{_TARGET}{_INDEX}"')
ASSIGNED = re.compile(r"Object\.assign\((?P<into>[\w.]+(?:\([^()\n]*\))?), (?P<given>[^\n]*)")
LITERAL = re.compile(r"""^(?:'[^']*'|"[^"]*"|`[^`$]*`|\d+|)$""")


def written(text: str) -> Iterator[str]:
    """What a source writes under keys that do not stand in it, as `target[key]`."""
    for how in (WRITTEN, COUNTED, BOUND):
        for target, key in (found.group("target", "key") for found in how.finditer(text)):
            if not LITERAL.match(key):
                yield f"{target.lstrip('(')}[{key}]"


def copied(text: str) -> Iterator[str]:
    """What `Object.assign` is given, where that is not written out beside it."""
    yield from (found["given"] for found in ASSIGNED.finditer(text) if not found["given"].startswith("{"))


def sources() -> dict[str, str]:
    return {str(path.relative_to(ROOT / "web")): text_of(path) for path in web_files()}


def test_every_key_that_is_not_in_the_source_is_known() -> None:
    found = {name: set(keys) for name, text in sources().items() if (keys := list(written(text)))}
    assert found == {name: set(keys) for name, keys in KEYS.items()}
    assert len(sources()) > 300


def test_nothing_is_written_two_keys_deep() -> None:
    assert [(name, key) for name, keys in KEYS.items() for key in keys if key.count("[") > 1] == []


def test_no_prototype_is_named_and_nothing_is_copied_from_outside() -> None:
    assert {name: found for name, text in sources().items() if (found := FORBIDDEN.findall(text))} == {}
    assert {name: given for name, text in sources().items() for given in copied(text)} == COPIES
    assert all(text.count("Object.assign(") == len(ASSIGNED.findall(text)) for text in sources().values())


def test_no_library_that_copies_deeply_is_asked() -> None:
    packages = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "web").glob("[ap]*s/*/package.json")]
    assert len(packages) > 4
    assert [name for one in packages for name in one.get("dependencies", {}) if DEEP.match(name)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one[key] = 1", ["one[key]"]),
        ("one.two[key]! ??= []", ["one.two[key]"]),
        ("one[a][b] = 1", ["one[a][b]"]),
        ("made(one)[key] += 1", ["made(one)[key]"]),
        ("one[names[0]] = 1", ["one[names[0]]"]),
        ("++one[key]", ["one[key]"]),
        ("one[key]++", ["one[key]"]),
        ('<QInput v-model="one[key]" />', ["one[key]"]),
        ("@click=\"one[key] = ''\"", ["one[key]"]),
        ("one['key'] = 1\none[0] = 1\none[`key`] = 1", []),
        ("const [one] = two\nif (one[key] === two[key]) three(one[key] => 1)", []),
        ("const one: Two['key'] = {}\nconst three: Four[] = []", []),
    ],
)
def test_each_would_be_seen(text: str, found: list[str]) -> None:
    assert list(written(text)) == found


def test_copies_would_be_seen() -> None:
    assert list(copied("Object.assign(one, two)")) == ["two)"]
    assert list(copied("Object.assign(of(one), two, { three })")) == ["two, { three })"]
    assert list(copied("Object.assign(one, { two: 1 })\nObject.assign(of(one), { two })")) == []
