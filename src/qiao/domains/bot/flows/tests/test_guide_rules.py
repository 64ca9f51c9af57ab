"""Guides, without a database: what may stand in one, how its steps are read, and how the same flow goes in the chat."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.faults import faults_of
from qiao.domains.bot.flows.guide_faults import Shelf, guide_faults_of
from qiao.domains.bot.flows.guides import step_of
from qiao.domains.bot.flows.rendering import file_of_part, parts_of, text_of_part
from qiao.domains.bot.flows.running import Correct
from qiao.domains.bot.flows.tests.flow_samples import AROUND, EN, Talk, ask, both, end, flow_of, say
from qiao.domains.bot.flows.written import video_site
from qiao.platform.blobs.contracts import StoredFile

PICTURE = StoredFile(
    id=UUID(int=7), name="spout.png", content_type="image/png", size=9, url="/files/a/7/secret.png", width=640, height=360
)
FILM = msgspec.structs.replace(PICTURE, id=UUID(int=8), name="lid.mp4", content_type="video/mp4", url="/files/a/8/secret.mp4")
PAPER = msgspec.structs.replace(PICTURE, id=UUID(int=9), name="manual.pdf", content_type="application/pdf")
SHELF = Shelf(files={one.id: one for one in (PICTURE, FILM, PAPER)}, taken={("en", "cracked-lid")})
LINK = "https://www.bilibili.com/video/BV1xx411c7mD"
KNOWN_LEADS_ON = {"when": {"op": "filled", "slot": "customer.tier"}, "next": "end"}
GUIDE = {
    "title": both("茶壶滴水", "My teapot drips"),
    "summary": both("找出原因。", "Find the cause."),
    "slug": {"zh": "茶壶滴水", "en": "teapot-drips"},
}


def shown(file: StoredFile | None = None, link: str | None = None, title: dict[str, str] | None = None) -> dict[str, Any]:
    kept = msgspec.to_builtins(file) if file else None
    return {"file": kept, "link": link, "title": both("壶嘴的侧面", "The spout from the side") if title is None else title}


def choice(value: str, zh: str, en: str, next_: str | None = None) -> dict[str, Any]:
    return {"value": value, "label": both(zh, en), "next": next_}


def drips(**more: Any) -> FlowDefinition:
    """Look at the spout or the lid; what does not help leads back."""
    return flow_of(
        say("look", "把壶放平。", "Put the pot on a level table.", media=shown(PICTURE)),
        ask(
            "where",
            "choice",
            prompt=both("哪里滴水？", "Where does it drip?"),
            choices=[choice("spout", "壶嘴", "At the spout", "pour"), choice("lid", "盖子", "At the lid", "film")],
            next="pour",
        ),
        say("pour", "倒快一点。", "Pour faster.", next="helped"),
        say("film", "看一下视频。", "Watch this.", media=shown(link=LINK), next="helped"),
        ask(
            "helped",
            "choice",
            fresh=True,
            prompt=both("好了吗？", "Is it fixed?"),
            choices=[
                choice("yes", "好了", "Yes"),
                choice("again", "再看一遍", "Look again", "look"),
                choice("no", "没有", "No", "person"),
            ],
            next="end",
        ),
        end("太好了。"),
        {"id": "person", "type": "hand_over", "reason": both("漏水", "Leak"), "text": both("请找同事。", "Talk to us.")},
        **{"guide": GUIDE, **more},
    )


def codes(flow: FlowDefinition, shelf: Shelf = SHELF) -> list[tuple[str, str | None]]:
    return [(one.code, one.node) for one in [*faults_of(flow, AROUND), *guide_faults_of(flow, shelf)]]


# --- what may stand in one ------------------------------------------------------------------------------------------------


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


# --- reading it -----------------------------------------------------------------------------------------------------------


def test_a_step_is_everything_up_to_the_next_answer() -> None:
    step = step_of(drips(), "look", "en")
    assert step is not None
    assert [part.text for part in step.parts] == ["Put the pot on a level table.", "Where does it drip?"]
    assert [part.shown and part.shown.title for part in step.parts] == ["The spout from the side", None]
    assert [(way.label, way.to) for way in step.ways] == [("At the spout", "pour"), ("At the lid", "film")]
    assert step.last is None


def test_an_answer_without_a_way_of_its_own_goes_the_common_one() -> None:
    step = step_of(drips(), "film", "zh")
    assert step is not None
    assert [(way.label, way.to) for way in step.ways] == [("好了", "end"), ("再看一遍", "look"), ("没有", "person")]
    assert step.parts[0].shown is not None
    assert step.parts[0].shown.link == LINK


def test_a_guide_ends_well_or_with_a_person() -> None:
    well, person = step_of(drips(), "end", "zh"), step_of(drips(), "person", "en")
    assert well is not None
    assert (well.last, well.ways, [part.text for part in well.parts]) == ("end", (), ["太好了。"])
    assert person is not None
    assert (person.last, [part.text for part in person.parts]) == ("hand_over", ["Talk to us."])


@pytest.mark.parametrize("start", ["", "nowhere", "LOOK", "look ", "../look"])
def test_there_is_no_step_of_another_name(start: str) -> None:
    assert step_of(drips(), start, "zh") is None


def test_a_graph_that_cannot_be_read_gives_no_step() -> None:
    circle = flow_of(say("a", "一", next="b"), say("b", "二", next="a"))
    assert step_of(circle, "a", "zh") is None
    assert (
        step_of(
            flow_of(say("a", "一", next="t"), {"id": "t", "type": "tool", "tool": "x", "result": "y", "next": "a"}), "a", "zh"
        )
        is None
    )
    assert step_of(flow_of(say("a", "一", next="gone")), "a", "zh") is None


# --- the same in the chat -------------------------------------------------------------------------------------------------


def test_in_the_chat_an_answer_leads_where_it_says_and_may_lead_back() -> None:
    talk = Talk(drips(), ground=EN)
    assert talk.said == ["Put the pot on a level table."]
    assert talk.asked == "where"
    assert talk.write("At the lid").said == ["Watch this."]
    assert talk.asked == "helped"
    assert talk.write("Look again").asked == "where"
    assert talk.write("2").said == ["Watch this."]
    assert talk.write("Yes").state.outcome == "done"


def test_what_was_said_at_the_beginning_is_an_answer_with_its_way() -> None:
    talk = Talk(drips(), "It drips at the lid", EN)
    assert talk.said == ["Put the pot on a level table.", "Watch this."]
    assert talk.asked == "helped"


def test_an_answer_that_is_taken_back_goes_the_other_way() -> None:
    talk = Talk(drips(), ground=EN).write("At the lid")
    assert talk.take(Correct("where", "At the spout")).said[-1] == "Pour faster."


def test_yes_and_no_may_lead_their_own_ways() -> None:
    flow = flow_of(
        ask(
            "helped",
            "yes_no",
            prompt=both("好了吗？"),
            choices=[choice("yes", "好了", "Yes", "end"), choice("no", "还没有", "No", "more")],
        ),
        say("more", "再试一次。", next="helped"),
        end("太好了。"),
        guide=GUIDE,
    )
    assert codes(flow) == []
    step = step_of(flow, "helped", "zh")
    assert step is not None
    assert [way.to for way in step.ways] == ["end", "more"]
    assert Talk(flow).write("不行").said == ["再试一次。"]
    assert Talk(flow).write("还没有").asked == "helped"
    assert Talk(flow).write("是的").said == ["太好了。"]


def test_each_picture_is_a_message_with_its_words_and_the_film_a_link() -> None:
    first, question = parts_of(Talk(drips(), ground=EN).effects)
    file = file_of_part(first)
    assert text_of_part(first) == "Put the pot on a level table."
    assert file is not None
    assert (file.url, file.name, file.width) == (PICTURE.url, "The spout from the side", 640)
    assert file_of_part(question) is None
    film, _ = parts_of(Talk(drips(), ground=EN).write("At the lid").effects)
    assert text_of_part(film) == f"Watch this.\n\n[▶ The spout from the side]({LINK})"
    assert file_of_part(film) is None


def test_a_question_may_show_something_once() -> None:
    flow = flow_of(
        say("hello", "先看图。"),
        ask(
            "which",
            "choice",
            prompt=both("是哪一种？"),
            media=shown(FILM),
            choices=[choice("a", "甲", "A"), choice("b", "乙", "B")],
        ),
        end(),
    )
    talk = Talk(flow)
    (part,) = parts_of(talk.effects)
    assert text_of_part(part) == "先看图。\n\n是哪一种？"
    assert file_of_part(part) == msgspec.structs.replace(FILM, name="壶嘴的侧面")
    (again,) = parts_of(talk.write("说不清楚").effects)
    assert file_of_part(again) is None
