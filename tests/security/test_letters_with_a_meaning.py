"""Letters that mean something in patterns or in texts with places, written where people write words: they are those letters."""

from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from qiao.domains.bot.generating.masking import Piece, mask
from qiao.domains.notifications.rules import mentioned
from qiao.domains.people.contracts import Person, Role
from qiao.domains.routing.rules import said_in
from qiao.kit.ids import PersonId, new_id
from qiao.portal.help_pages import marked

META = [".*", "a.c", "x+", "(a|b)", "[a-z]", "^a$", "\\d{3}", "a?", "(?i)a", "a{2}", "\\", "(", "[", "*", "a)(b"]
HOLES = ["{0}", "{name}", "{0.__class__.__mro__}", "{settings.secret_key}", "%(name)s", "%s", "${name}", "{{7*7}}", "{", "}"]


def person(name: str) -> Person:
    return Person(
        id=PersonId(new_id()), name=name, email="a@shop.example", role=Role.AGENT, team_ids=[], chat_limit=5, locale="zh",
        availability="online", online=False, disabled=False, created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize("word", [one for one in META if any(letter.isalnum() for letter in one)])
def test_a_word_of_a_rule_is_found_as_it_is_written_and_no_other_way(word: str) -> None:
    assert said_in(word, f"he said {word} twice")
    assert not said_in(word, "abc aac xx aa 123 bb")


@pytest.mark.parametrize("name", META)
def test_a_name_is_meant_by_itself_alone(name: str) -> None:
    them = person(name)
    assert mentioned(f"@{name} please", [them]) == [them.id]
    assert mentioned("@abc @aac @xx @123 @b", [them]) == []


@pytest.mark.parametrize("query", META + HOLES)
def test_what_is_searched_for_marks_nothing_else(query: str) -> None:
    text = "abc aac xx 123 <b>"
    plain = str(marked(text, query)).replace("<mark>", "").replace("</mark>", "")
    assert plain == "abc aac xx 123 &lt;b&gt;"


@pytest.mark.parametrize("name", ["Li.*", "Li (VIP)", "[Li]", "王*王", "Li+Wang", "^Li$", "Li\\d{3}", "Li|Wang", "(Li"])
def test_a_name_that_is_masked_is_masked_as_it_is_written(name: str) -> None:
    masked = mask([Piece(f"Dear {name}, abc aac 12 xx")], [name])
    assert masked.unmask(masked.texts[0]) == f"Dear {name}, abc aac 12 xx"
    assert masked.texts[0].endswith("abc aac 12 xx")


@pytest.mark.database
async def test_holes_in_names_and_words_stay_holes(door: Any) -> None:
    """A company's, a team's and a category's name and a snippet, shown where the program puts names into its own sentences."""
    admin = await door("admin")
    for at, text in enumerate(HOLES):
        name = {"zh": f"一 {text}", "en": f"a {text}"}
        team = await admin.post("/api/v1/teams", json={"name": name})
        snippet = await admin.post("/api/v1/knowledge/snippets", json={"shortcut": f"s{at}", "title": name["en"], "body": name})
        category = await admin.post("/api/v1/knowledge/categories", json={"name": name})
        company = await admin.patch("/api/v1/workspace", json={"name": name})
        assert [one.status_code for one in (team, snippet, category, company)] == [201, 201, 201, 200]
        assert [one.json()["name"] for one in (team, category, company)] == [name] * 3
        assert (snippet.json()["title"], snippet.json()["body"]) == (name["en"], name)
        page = await admin.get(f"/help/{company.json()['slug']}/en/search", params={"q": text})
        assert page.status_code == 200
        assert [shown for shown in (name["en"], text) if escape(shown) not in page.text] == []
