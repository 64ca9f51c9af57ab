"""How a guide is read step by step, and how the same flow goes in the chat. Without a database."""

import msgspec
import pytest

from qiao.domains.bot.flows.guides import step_of
from qiao.domains.bot.flows.rendering import file_of_part, parts_of, text_of_part
from qiao.domains.bot.flows.running import Correct
from qiao.domains.bot.flows.tests.flow_samples import EN, Talk, ask, both, end, flow_of, say
from qiao.domains.bot.flows.tests.guide_samples import FILM, GUIDE, LINK, PICTURE, choice, codes, drips, shown


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
