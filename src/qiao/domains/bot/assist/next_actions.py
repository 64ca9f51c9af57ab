"""What to do next, by rules over facts. Pure: the same facts give the same actions in the same order."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from qiao.domains.bot.assist.contracts import Facts, Mood, NextAction
from qiao.domains.bot.intents import is_angry, is_emergency, small_talk
from qiao.kit.text import normalise, retrieval_terms

MOST = 3
LONG_SECONDS = 120
SOON = timedelta(minutes=10)
_SAME = 0.8
_LOOKED_AT = 6
_PLEASED = re.compile("谢谢|感谢|多谢|太好了|满意|辛苦了|thank|thanks|great|perfect|awesome|love it")
_OF_ORDERS = re.compile(
    "(?:我的|查|催)(?:订单|快递|包裹|物流)|(?:订单|快递|包裹|物流).{0,8}(?:到|哪|没|还)|发货了?[吗没]"
    "|where(?: i|')?s my (?:order|parcel|package)|track(?:ing)? my|my order has|has my order"
)


def mood_of(texts: Sequence[str]) -> Mood:
    """How the customer sounds: danger first, then the last words that say anything of it."""
    latest = list(texts)[-_LOOKED_AT:]
    if any(is_emergency(text) for text in latest[-2:]):
        return "emergency"
    for text in reversed(latest):
        if is_angry(text):
            return "angry"
        if _PLEASED.search(normalise(text[:300])):
            return "pleased"
    return "calm"


def asked_twice(asked: Sequence[str]) -> bool:
    """The last question was asked before in the same or nearly the same words."""
    terms = [frozenset(retrieval_terms(text[:300])) for text in asked if small_talk(text) is None]
    if len(terms) < 2 or len(terms[-1]) < 3:
        return False
    return any(one and len(one & terms[-1]) / len(one | terms[-1]) >= _SAME for one in terms[:-1])


def next_actions(facts: Facts) -> list[NextAction]:
    """At most three, the most pressing first."""
    if facts.status == "resolved":
        return _promised(facts)[:MOST]
    found = [action for rule in _RULES for action in rule(facts)]
    return found[:MOST]


def _promised(facts: Facts) -> list[NextAction]:
    actions: list[NextAction] = []
    for one in facts.promises:
        if one.settled_at is not None:
            continue
        overdue = one.state == "broken" or one.due_at < facts.now
        values = {"due": one.due_at.isoformat(), "phone": one.phone or "", "email": one.email or ""}
        if one.kind == "call_back" and (overdue or (one.starts_at or one.due_at) - SOON <= facts.now):
            reason = "call_overdue" if overdue else "call_due"
            actions.append(NextAction(code="call_back", reason=reason, values=values, promise_id=one.id))
        if one.kind == "message":
            actions.append(NextAction(code="keep_message", reason="message_due", values=values, promise_id=one.id))
    return actions


def _mood(facts: Facts) -> list[NextAction]:
    mood = mood_of(facts.asked)
    if mood == "emergency":
        return [NextAction(code="emergency", reason="danger")]
    return [NextAction(code="calm_down", reason="anger")] if mood == "angry" and facts.unanswered else []


def _taking(facts: Facts) -> list[NextAction]:
    return [NextAction(code="take", reason="nobody_has_it")] if facts.status == "waiting" and not facts.has_assignee else []


def _waiting(facts: Facts) -> list[NextAction]:
    waits = facts.has_assignee and facts.waiting_seconds is not None and facts.waiting_seconds >= LONG_SECONDS
    return [NextAction(code="answer", reason="waits_long", values={"seconds": str(facts.waiting_seconds)})] if waits else []


def _repeated(facts: Facts) -> list[NextAction]:
    return [NextAction(code="answer_again", reason="asked_twice")] if facts.unanswered and asked_twice(facts.asked) else []


def _orders(facts: Facts) -> list[NextAction]:
    if facts.orders:
        return [NextAction(code="show_order", reason="order_named", values={"order": facts.orders[-1]})]
    of_orders = facts.unanswered and facts.asked and _OF_ORDERS.search(normalise(facts.asked[-1][:300])) is not None
    return [NextAction(code="ask_order", reason="order_missing")] if of_orders else []


def _language(facts: Facts) -> list[NextAction]:
    if facts.reply_language is None or facts.reply_language == facts.customer_language:
        return []
    return [NextAction(code="mind_language", reason="other_language", values={"language": facts.customer_language})]


def _end(facts: Facts) -> list[NextAction]:
    leave = bool(facts.asked) and small_talk(facts.asked[-1]) in {"thanks", "bye"}
    if leave and facts.has_assignee and facts.status == "open":
        return [NextAction(code="resolve", reason="took_leave")]
    if facts.sureness == "sure" and facts.unanswered and facts.status == "waiting":
        return [NextAction(code="give_back", reason="bot_knows")]
    return []


_RULES: Sequence[Callable[[Facts], list[NextAction]]] = (
    _mood, _promised, _waiting, _taking, _repeated, _orders, _language, _end,
)  # fmt: skip
