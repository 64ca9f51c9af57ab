"""Languages of what the server writes itself: which one a reader gets, and sentences by key from JSON files, one a locale.

Owns choosing and looking up; the sentences belong to whoever shows them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

_MAX_HEADER = 1_000


class WordsBroken(ValueError):
    """A catalogue's files do not hold the same keys, or none is there. Names what is missing."""


def negotiate(accept_language: str, available: Sequence[str], default: str) -> str:
    """The language of `available` that a browser's Accept-Language likes best (RFC 9110, 12.5.4), else `default`.

    `zh-TW` and `zh-Hans-CN` are served `zh`. Never raises.
    """
    best, best_weight = default, 0.0
    for part in accept_language[:_MAX_HEADER].split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if primary in available and weight > best_weight:
            best, best_weight = primary, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


class Catalogue:
    """Sentences by locale and key. Placeholders are written {name}."""

    def __init__(self, sentences: Mapping[str, Mapping[str, str]]) -> None:
        self._sentences = sentences
        keys = {key for held in sentences.values() for key in held}
        missing = [f"{locale}: {key}" for locale, held in sentences.items() for key in sorted(keys - held.keys())]
        if missing or not keys:
            raise WordsBroken("; ".join(missing) or "no sentences")

    @classmethod
    def read(cls, folder: Path) -> "Catalogue":
        """Every `<locale>.json` of a folder: one flat object of sentences. Raises WordsBroken when the files differ in keys."""
        files = sorted(folder.glob("*.json"))
        return cls({path.stem: msgspec.json.decode(path.read_bytes(), type=dict[str, str]) for path in files})

    @property
    def locales(self) -> tuple[str, ...]:
        """The locales there are."""
        return tuple(self._sentences)

    def keys(self) -> frozenset[str]:
        """Every key."""
        return frozenset(next(iter(self._sentences.values())))

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence. Raises KeyError for a key that is not there."""
        sentence = self._sentences[locale][key]
        return sentence.format(**values) if values else sentence

    def count(self, locale: str, key: str, number: int, **values: object) -> str:
        """The sentence `key.one` for one and `key.other` for any other number, with {number} in it."""
        return self.text(locale, f"{key}.{'one' if number == 1 else 'other'}", number=number, **values)

    def date(self, locale: str, moment: datetime) -> str:
        """A day as `date` and `month.1` to `month.12` say it; convert to the reader's zone before."""
        month = self.text(locale, f"month.{moment.month}")
        return self.text(locale, "date", year=moment.year, month=month, day=moment.day)
