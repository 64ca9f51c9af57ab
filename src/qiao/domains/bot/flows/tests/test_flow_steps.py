"""One step after another: walking, asking, filling from what was said, tools and their faults, loops and their end."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.flows.advance import advance, fresh
from qiao.domains.bot.flows.running import Answer, Ask, Begin, Cancel, Correct, Faulted, FlowState, HandOver, Returned
from qiao.domains.bot.flows.tests.flow_samples import EN, TOOLS, ZH, Talk, ask, both, end, flow_of, kinds, say, shown_state

ORDER = {
    "id": "order", "type": "tool", "tool": "order", "result": "order", "arguments": {"order": {"slot": "number"}},
    "errors": {"not_found": "missing", "unavailable": "down"},
}  # fmt: skip
DOWN = {
    "id": "down",
    "type": "hand_over",
    "reason": both("系统没有回应"),
    "summary": [{"label": both("订单"), "value": both("{number}")}],
}
LOOKING = flow_of(
    ask("number", "order_number", label=both("订单号", "order number")),
    {**ORDER, "next": "told"},
    say("told", "订单 {order.number}：{order.status}", next="end"),
    say("missing", "没有找到 {number}", next="number"),
    DOWN,
    end(),
)


def test_it_walks_to_the_first_question_and_waits() -> None:
    talk = Talk(flow_of(say("hello", "您好"), ask("name", "text"), end("再见")))
    assert (talk.said, talk.asked, talk.state.waits) == (["您好"], "name", "answer")
    assert talk.write("林晓").said == ["再见"]
    assert talk.state.outcome == "done"


def test_what_was_said_first_is_not_asked_again() -> None:
    talk = Talk(LOOKING, "查一下订单 LT10000001")
    assert (talk.asked, talk.call.arguments) == (None, {"order": "LT10000001"})


def test_what_was_said_in_earlier_messages_counts_too_and_the_last_wins() -> None:
    state, effects = advance(LOOKING, fresh(LOOKING, "r"), Begin("查订单", ("订单 LT10000001", "不，是订单 LT10000002")), ZH)
    assert (state.waits, effects[-1].arguments) == ("tool", {"order": "LT10000002"})  # type: ignore[union-attr]


def test_another_answer_may_hold_what_is_asked_later() -> None:
    flow = flow_of(ask("number", "order_number"), ask("email", "email"), end("{number} {email}"))
    assert Talk(flow).write("订单 LT10000001，邮箱 lin@example.com").said == ["LT10000001 lin@example.com"]


def test_a_fresh_question_hears_only_its_answer() -> None:
    flow = flow_of(ask("email", "email", fresh=True), end())
    assert Talk(flow, "lin@example.com").asked == "email"


def test_a_choice_may_be_made_with_the_first_words() -> None:
    choices = [
        {"value": "return", "label": both("退货"), "words": ["退"]},
        {"value": "exchange", "label": both("换货"), "words": ["换"]},
    ]
    flow = flow_of(ask("kind", "choice", choices=choices), end("{kind} {kind_text}"))
    assert Talk(flow, "我要换货").said == ["exchange 换货"]
    assert Talk(flow, "我要退换").asked == "kind"


def test_a_tool_answers_and_the_flow_goes_on() -> None:
    talk = Talk(LOOKING, "订单 LT10000001")
    talk.take(Returned({"number": "LT10000001", "status": "已发货"}))
    assert talk.said == ["订单 LT10000001：已发货"]


def test_a_fault_takes_its_edge_and_is_asked_anew() -> None:
    talk = Talk(LOOKING, "订单 LT10000001").take(Faulted("not_found"))
    assert (talk.said, talk.asked) == (["没有找到 LT10000001"], "number")
    assert talk.write("LT10000009").call.key == f"{'r' * 32}:order:2"


def test_a_fault_without_an_edge_brings_a_person_with_what_is_known() -> None:
    talk = Talk(LOOKING, "订单 LT10000001").take(Faulted("refused", "too_many"))
    over = talk.one(HandOver)
    assert (over.known, talk.state.outcome) == ({"订单号": "LT10000001"}, "handed_over")
    assert "不允许" in over.reason


def test_a_person_gets_what_the_node_says() -> None:
    over = Talk(LOOKING, "订单 LT10000001").take(Faulted("unavailable")).one(HandOver)
    assert (over.reason, over.known) == ("系统没有回应", {"订单": "LT10000001"})


def test_after_so_many_wrong_answers_a_person_comes() -> None:
    talk = Talk(flow_of(ask("count", "number", tries=2), end()))
    assert talk.write("哪里").question.text == "请回复一个数字。\n\ncount？"
    talk.write("不知道")
    assert (kinds(talk.effects), talk.state.outcome) == (["Say", "HandOver"], "handed_over")


def test_after_so_many_wrong_answers_the_edge_is_taken() -> None:
    flow = flow_of(ask("count", "number", tries=1, failed="sorry", next="end"), end(), end("那先这样", "sorry"))
    assert Talk(flow).write("？").said == ["那先这样"]


def test_a_way_back_to_the_same_question_is_not_taken_for_ever() -> None:
    flow = flow_of(ask("count", "number", tries=2, failed="sorry", next="end"), say("sorry", "我们再来", next="count"), end())
    talk, asked_for = Talk(flow), 1
    while talk.state.outcome is None:
        asked_for += talk.write("哪里").asked == "count"
        assert asked_for < 20
    assert (talk.state.outcome, asked_for) == ("handed_over", 6)


def test_a_loop_without_an_end_is_stopped_by_the_count_of_steps() -> None:
    flow = flow_of(say("one", "一", next="two"), say("two", "二", next="one"), end())
    talk = Talk(flow)
    assert talk.state.outcome == "handed_over"
    assert "步骤过多" in talk.one(HandOver).reason


def test_branches_take_the_first_case_that_holds() -> None:
    flow = flow_of(
        ask("count", "number"),
        {
            "id": "which", "type": "branch", "otherwise": "few",
            "cases": [{"when": {"op": "more", "slot": "count", "value": 3}, "next": "many"}],
        },
        end("多", "many"),
        end("少", "few"),
    )  # fmt: skip
    flow = flow_of(*({**node} for node in _raw(flow)), start="count")
    assert Talk(flow).write("5").said == ["多"]
    assert Talk(flow).write("三").said == ["少"]


def _raw(flow: Any) -> list[dict[str, Any]]:
    import msgspec

    raw = msgspec.to_builtins(flow)["graph"]["nodes"]
    return [{**node, "next": "which"} if node["id"] == "count" else node for node in raw]


# --- stop, correct, once more ---------------------------------------------------------------------------------------------


def test_it_stops_kindly_and_forgets() -> None:
    talk = Talk(LOOKING).take(Cancel())
    assert (talk.state.outcome, talk.state.slots) == ("cancelled", {})
    assert "没有提交任何内容" in talk.said[0]


def test_after_something_was_done_it_says_so_when_stopped() -> None:
    flow = flow_of({**ORDER, "arguments": {"order": {"value": "X"}}, "errors": {}}, ask("more", "yes_no"), end())
    talk = Talk(flow).take(Returned({"number": "X"}, wrote=True)).take(Cancel())
    assert "已经提交的内容不受影响" in talk.said[0]


ADDRESS = flow_of(
    ask("street", "address", label=both("地址", "address")),
    ask("phone", "phone", label=both("电话", "phone")),
    ask("sure", "yes_no", fresh=True, prompt=both("{street} {phone}，对吗？", "{street} {phone}, right?")),
    end(),
)


def test_a_named_slot_is_corrected_and_the_rest_kept() -> None:
    talk = Talk(ADDRESS).write("杭州市西湖区文三路 1 号").write("13800000188")
    talk.take(Correct("street", "杭州市西湖区文三路 2 号"))
    assert talk.question.text == "杭州市西湖区文三路 2 号 13800000188，对吗？"


def test_without_a_name_the_last_answer_is_asked_again() -> None:
    talk = Talk(ADDRESS).write("杭州市西湖区文三路 1 号").write("13800000188").take(Correct(None))
    assert (talk.asked, talk.question.text) == ("phone", "好的，我们改一下。\n\nphone？")


def test_a_correction_forgets_what_a_tool_found_out_from_it() -> None:
    flow = flow_of(
        ask("number", "order_number", label=both("订单号")),
        {**ORDER, "next": "sure", "errors": {}},
        ask("sure", "yes_no", fresh=True),
        end(),
    )
    talk = Talk(flow, "订单 LT10000001").take(Returned({"number": "LT10000001"})).take(Correct("number", "LT10000002"))
    assert (talk.call.arguments, "order" in talk.state.slots) == ({"order": "LT10000002"}, False)


def test_the_question_is_put_once_more_without_counting() -> None:
    talk = Talk(ADDRESS).take(Ask()).take(Ask())
    assert (talk.asked, talk.state.tries) == ("street", 0)


# --- cards and choices from lists -----------------------------------------------------------------------------------------

FOUND = {"orders": [{"number": "A1", "title": both("茶杯", "Cup")}, {"number": "B2", "title": both("茶壶", "Pot")}]}
LISTED = flow_of(
    {"id": "find", "type": "tool", "tool": "orders", "result": "mine"},
    ask("which", "choice", listed={"over": "mine.orders", "value": "number", "label": both("{item.number} {item.title}")}),
    {
        "id": "card",
        "type": "card",
        "title": both("订单 {which}"),
        "fields": [{"label": both("空"), "value": both("{mine.none}")}],
    },
    end(),
)


@pytest.mark.parametrize(
    ("written", "chosen"), [("A1", "A1"), ("第二个", "B2"), ("茶壶", "B2"), ("最后一个", "B2"), ("b2 茶壶", "B2")]
)
def test_a_list_is_chosen_from_by_number_place_or_name(written: str, chosen: str) -> None:
    talk = Talk(LISTED).take(Returned(FOUND))
    assert [one.label for one in talk.question.options] == ["A1 茶杯", "B2 茶壶"]
    talk.write(written)
    card = talk.effects[0]
    assert (card.title, card.fields) == (f"订单 {chosen}", ())  # type: ignore[union-attr]


def test_an_empty_list_brings_a_person() -> None:
    assert Talk(LISTED).take(Returned({"orders": []})).state.outcome == "handed_over"


def test_labels_come_in_the_customers_language() -> None:
    assert [one.label for one in Talk(LISTED, ground=EN).take(Returned(FOUND)).question.options] == ["A1 Cup", "B2 Pot"]


# --- whatever happens -----------------------------------------------------------------------------------------------------

EVENTS = st.one_of(
    st.builds(Answer, st.text(max_size=60)),
    st.builds(Correct, st.sampled_from([None, "number", "nothing"]), st.text(max_size=20)),
    st.builds(Faulted, st.sampled_from(["not_found", "refused", "unavailable", "invalid"])),
    st.builds(Returned, st.one_of(st.none(), st.dictionaries(st.text(max_size=5), st.integers()))),
    st.just(Ask()),
    st.just(Cancel()),
)


@given(st.text(max_size=80), st.lists(EVENTS, max_size=12))
def test_any_events_in_any_order_lead_somewhere_and_the_same_ones_to_the_same(first: str, events: list[Any]) -> None:
    talks = [Talk(LOOKING, first), Talk(LOOKING, first)]
    for event in events:
        before = talks[0].state
        for talk in talks:
            talk.take(event)
        assert talks[0].state == talks[1].state
        assert (talks[0].state.waits in {"answer", "tool"}) == (talks[0].state.outcome is None)
        assert before.outcome is None or talks[0].state == before


def test_a_state_is_json_and_back() -> None:
    import msgspec

    state = Talk(LOOKING, "订单 LT10000001").state
    assert msgspec.json.decode(msgspec.json.encode(state), type=FlowState) == state
    assert shown_state(state)["waits"] == "tool"
    assert set(TOOLS) >= {"order"}
    assert datetime.now(UTC).tzinfo is UTC
