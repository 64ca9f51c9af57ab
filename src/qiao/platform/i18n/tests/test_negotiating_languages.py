"""Which language a reader gets, and that catalogues are whole."""

from datetime import UTC, datetime

import pytest

from qiao.platform.i18n import Catalogue, WordsBroken, negotiate


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW,en;q=0.8", "zh"),
        ("fr, en;q=0.2, zh;q=0.7", "zh"),
        ("fr;q=1, de", "zh"),
        ("en;q=0", "zh"),
        ("en;q=oops, zh-Hans-CN;q=0.1", "zh"),
        ("*", "zh"),
        (";;;,,q=1,=," * 500, "zh"),
        ("EN-us ; q=1.0", "en"),
    ],
)
def test_the_liked_language_that_is_there(header: str, language: str) -> None:
    assert negotiate(header, ("zh", "en"), "zh") == language


def test_a_missing_key_is_found_at_once() -> None:
    with pytest.raises(WordsBroken, match="en: bye"):
        Catalogue({"zh": {"hi": "你好", "bye": "再见"}, "en": {"hi": "Hello"}})


def test_sentences_counts_and_dates() -> None:
    words = {"n.one": "{number} page", "n.other": "{number} pages", "date": "{day} {month} {year}", "month.3": "March"}
    catalogue = Catalogue({"en": words})
    assert [catalogue.count("en", "n", number) for number in (0, 1, 2)] == ["0 pages", "1 page", "2 pages"]
    assert catalogue.date("en", datetime(2026, 3, 9, tzinfo=UTC)) == "9 March 2026"
