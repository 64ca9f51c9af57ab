"""Pure decisions: what a question is compared by, slugs, addresses of shown pages, excerpts, what may stand in a field."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote
from uuid import UUID

from qiao.domains.knowledge.contracts import LANGUAGES, TranslationStatus
from qiao.domains.knowledge.errors import KnowledgeInvalid
from qiao.domains.knowledge.importing.contracts import MAX_TEXT_BYTES
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

_SLUG = lazy_pattern(r"[^\W_]+(?:[-_.][^\W_]+)*")
_MAX_SLUG = 100
_WORDS_IN_SLUG = 60
_UNSPACED = lazy_pattern("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MAX_KEY = 600
_EXCERPT = 160


def question_key(question: str) -> str:
    """What two questions are the same by: their normal form without final marks, or its digest when that is long."""
    key = normalise(question).strip(" ?!.。…~、,;:")
    key = key or normalise(question) or question
    return key if len(key.encode()) <= _MAX_KEY else hashlib.sha256(key.encode()).hexdigest()


def slug_of_words(text: str) -> str:
    """`text` as words of an address, '' when it is not written in Latin letters."""
    if _UNSPACED.search(text):
        return ""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = ""
    for word in re.findall(r"[a-z0-9]+", bare):
        if len(slug) + len(word) >= _WORDS_IN_SLUG:
            break
        slug = f"{slug}-{word}" if slug else word
    return slug


def own_slug(prefix: str, thing_id: UUID) -> str:
    """An address for what has no Latin name."""
    return f"{prefix}-{thing_id.hex[-8:]}"


def checked_slug(slug: str) -> str:
    """A slug that was asked for, in lower case. Raises KnowledgeInvalid."""
    slug = unicodedata.normalize("NFC", slug.strip().lower())
    if len(slug) > _MAX_SLUG or not _SLUG.fullmatch(slug):
        raise KnowledgeInvalid("a slug is words joined by hyphens", field="slug")
    return slug


def cleaned(field: str, text: str, *, limit: int = MAX_TEXT_BYTES, required: bool = True) -> str:
    """`text` without NUL and outer space. Raises KnowledgeInvalid when it is empty but required, or over `limit` bytes."""
    text = text.replace("\x00", "").strip()
    if required and not text:
        raise KnowledgeInvalid(f"{field} cannot be empty", field=field)
    if len(text.encode("utf-8", "replace")) > limit:
        raise KnowledgeInvalid(f"{field} is too long", field=field, limit=limit)
    return text


def cleaned_localised(field: str, texts: Mapping[str, str], *, limit: int, required: bool = True) -> dict[str, str]:
    """Text by language, at least one of them when required. Raises KnowledgeInvalid."""
    if any(language not in LANGUAGES for language in texts):
        raise KnowledgeInvalid(f"{field} knows the languages zh and en", field=field)
    kept = {language: cleaned(field, text, limit=limit, required=False) for language, text in texts.items()}
    kept = {language: text for language, text in kept.items() if text}
    if required and not kept:
        raise KnowledgeInvalid(f"{field} cannot be empty", field=field)
    return kept


def cleaned_variants(question: str, variants: list[str]) -> list[str]:
    """Trimmed, without repeats of each other or of the question."""
    kept: dict[str, str] = {}
    for variant in variants:
        text = " ".join(variant.replace("\x00", "").split())
        if text:
            kept.setdefault(question_key(text), text)
    kept.pop(question_key(question), None)
    return list(kept.values())


def translation_status(version: int, published_version: int | None) -> TranslationStatus:
    """What a translation's versions say."""
    if published_version is None:
        return TranslationStatus.DRAFT
    return TranslationStatus.PUBLISHED if published_version == version else TranslationStatus.CHANGED


def article_url(workspace_slug: str, language: str, slug: str) -> str:
    """Where a shown translation is read, relative to the origin."""
    return f"/help/{workspace_slug}/{language}/articles/{quote(slug)}"


def faq_url(workspace_slug: str, language: str, name: str | UUID) -> str:
    """Where a shown FAQ is read, by slug or id, relative to the origin."""
    return f"/help/{workspace_slug}/{language}/faq/{quote(str(name))}"


def excerpt(plain: str, query: str) -> str:
    """About 160 characters of `plain` around the first word of `query` that stands there."""
    text = " ".join(plain.split())
    if len(text) <= _EXCERPT:
        return text
    lower = text.lower()
    places = [lower.find(term) for term in [query.strip().lower(), *wanted_terms(query)] if term]
    at = next((place for place in places if place >= 0), 0)
    start = max(0, at - _EXCERPT // 4)
    end = min(len(text), start + _EXCERPT)
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")


def wanted_terms(query: str) -> list[str]:
    """What to look for in a text by eye: words, and pairs of characters of unspaced scripts. Longest first."""
    terms: dict[str, None] = {}
    for run in re.findall(r"[\w-]+", query.lower()[:200]):
        if _UNSPACED.search(run):
            terms.update(dict.fromkeys(run[at : at + 2] for at in range(max(1, len(run) - 1))))
        elif len(run) > 1:
            terms[run] = None
    return sorted(terms, key=len, reverse=True)[:24]


def own_picture(address: str) -> str | None:
    """A picture's address when it is one of our own files: pages load nothing from elsewhere."""
    return address if address.startswith("/files/") else None
