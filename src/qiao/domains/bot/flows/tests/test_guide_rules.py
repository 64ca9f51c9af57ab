"""What may stand in a guide: media that can be shown, steps that a page can do, addresses of its own. Without a database."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from qiao.domains.bot.flows.faults import faults_of
from qiao.domains.bot.flows.tests.flow_samples import AROUND, ask, both, end, flow_of, say
from qiao.domains.bot.flows.tests.guide_samples import GUIDE, KNOWN_LEADS_ON, LINK, PAPER, PICTURE, choice, codes, drips, shown
from qiao.domains.bot.flows.written import video_site


def test_a_guide_with_pictures_a_film_and_a_loop_may_be_published() -> None:
    assert codes(drips()) == []


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (say("a", "一", media=shown(PICTURE, title=both(""))), ("missing_language", "a")),
        (say("a", "一", media=shown(PICTURE, title={"zh": "壶嘴"})), ("missing_language", "a")),
        (say("a", "一", media=shown(PAPER)), ("unknown_file", "a")),
        (say("a", "一", media=shown(msgspec.structs.replace(PICTURE, id=UUID(int=1)))), ("unknown_file", "a")),
        (say("a", "一", media=shown(msgspec.structs.replace(PICTURE, url="https://spy.example/p.png"))), ("unknown_file", "a")),
        (say("a", "一", media=shown(link="https://spy.example/film.mp4")), ("video_not_allowed", "a")),
        (say("a", "一", media=shown()), ("no_media", "a")),
        (say("a", "一", media=shown(PICTURE, LINK)), ("no_media", "a")),
    ],
)
def test_media_that_cannot_be_shown_are_refused_in_every_flow(node: dict[str, Any], fault: tuple[str, str]) -> None:
    assert fault in codes(flow_of(node, end()))
    assert fault in codes(flow_of(node, end(), guide=GUIDE))


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (ask("a", "phone"), "not_in_guide"),
        (ask("a", "yes_no"), "not_in_guide"),
        (ask("a", "choice", choices=[choice("x", "甲", "A")], required=False), "not_in_guide"),
        (ask("a", "choice", listed={"over": "customer.tier", "value": "id", "label": both("乙")}), "not_in_guide"),
        ({"id": "a", "type": "branch", "cases": [KNOWN_LEADS_ON], "otherwise": "end"}, "not_in_guide"),
        ({"id": "a", "type": "tool", "tool": "orders", "result": "x"}, "not_in_guide"),
        ({"id": "a", "type": "card", "title": both("卡片")}, "not_in_guide"),
        (say("a", "您好，{customer.name}"), "slot_in_guide"),
    ],
)  # fmt: skip
def test_what_no_page_can_do_is_refused_in_a_guide_alone(node: dict[str, Any], fault: str) -> None:
    assert (fault, "a") in codes(flow_of(node, end(), guide=GUIDE))
    assert [code for code, _ in codes(flow_of(node, end())) if code.endswith("_guide")] == []


def test_what_is_for_colleagues_may_name_what_was_asked_in_the_chat() -> None:
    summary = [{"label": both("位置"), "value": both("{where_text}")}]
    person = {"id": "p", "type": "hand_over", "reason": both("{where_text}"), "text": both("请稍等。"), "summary": summary}
    where = ask("where", "choice", choices=[choice("lid", "盖子", "Lid")], label=both("位置"), again=both("{customer.name}？"))
    assert codes(flow_of(where | {"next": "p"}, person, guide=GUIDE)) == []
    loud = person | {"text": both("{where_text}请稍等。")}
    assert codes(flow_of(where | {"next": "p"}, loud, guide=GUIDE)) == [("slot_in_guide", "p")]


def test_a_way_of_an_answer_that_leads_nowhere_is_a_dead_end() -> None:
    flow = flow_of(
        ask("a", "choice", choices=[choice("x", "甲", "A", "gone"), choice("y", "乙", "B", "end")]), end(), guide=GUIDE
    )
    assert [(one.code, one.field, one.detail) for one in faults_of(flow, AROUND)] == [("dangling_edge", "choices.0", "gone")]


def test_where_every_answer_has_its_way_the_common_one_need_not_lead_anywhere() -> None:
    ways = [choice("x", "甲", "A", "end")]
    assert codes(flow_of(ask("a", "choice", choices=ways, next="not_drawn_yet"), end())) == []
    assert ("dangling_edge", "a") in codes(flow_of(ask("a", "choice", choices=ways, required=False, next="not_drawn_yet"), end()))
    assert ("dangling_edge", "a") in codes(flow_of(ask("a", "text", next="not_drawn_yet"), end()))


def test_a_person_is_named_with_words_of_its_own() -> None:
    silent = {"id": "p", "type": "hand_over", "reason": both("漏水", "Leak")}
    assert codes(flow_of(say("a", "一"), silent | {"id": "end"}, guide=GUIDE)) == [("missing_text", "end")]
    assert codes(flow_of(say("a", "一", next="p"), silent)) == []


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({"title": {"zh": "茶壶"}}, "missing_language"),
        ({"summary": both("", "x")}, "missing_language"),
        ({"slug": {"zh": "茶壶"}}, "missing_language"),
        ({"slug": {"zh": "茶壶", "en": "My Teapot"}}, "bad_slug"),
        ({"slug": {"zh": "茶壶", "en": "../home"}}, "bad_slug"),
        ({"slug": {"zh": "茶壶", "en": "cracked-lid"}}, "taken_slug"),
    ],
)
def test_a_guide_has_a_title_a_summary_and_an_address_of_its_own_in_both_languages(part: dict[str, Any], fault: str) -> None:
    assert (fault, None) in codes(drips(guide={**GUIDE, **part}))


@pytest.mark.parametrize(
    ("link", "site"),
    [
        (LINK, "bilibili.com"),
        ("https://youtu.be/dQw4w9WgXcQ", "youtu.be"),
        ("https://m.youtube.com/watch?v=1&t=3", "youtube.com"),
        ("https://player.vimeo.com/video/1", "player.vimeo.com"),
        ("http://www.youtube.com/watch?v=1", None),
        ("https://youtube.com.spy.example/1", None),
        ("https://youtube.com@spy.example/1", None),
        ("https://user@youtube.com/1", None),
        ("https://youtube.com:8443/1", None),
        ("https://youtu.be/1)[x](https://spy.example", None),
        ('https://youtu.be/1"onclick="x', None),
        ("javascript:alert(1)", None),
        ("//youtube.com/1", None),
        ("https://[::1/", None),
        ("", None),
    ],
)
def test_a_video_is_linked_to_only_on_sites_that_are_known(link: str, site: str | None) -> None:
    assert video_site(link) == site
