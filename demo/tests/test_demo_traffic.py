import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from demo.content import LANGS, load_company, load_faq, load_products
from demo.conversations import conversations
from demo.customers import customers
from demo.rhythm import BEIJING, is_open, next_opening

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
FAQ = {lang: load_faq(lang) for lang in LANGS}
PEOPLE = load_company().answering()


@pytest.fixture(scope="module")
def shoppers():
    return customers(today=NOW.date())


@pytest.fixture(scope="module")
def talks(shoppers):
    return list(conversations(shoppers, PEOPLE, FAQ, NOW))


def test_two_hundred_customers_with_fictional_addresses_and_numbers(shoppers):
    assert len(shoppers) == 200
    assert len({one.email for one in shoppers}) == 200
    assert all(re.fullmatch(r"[a-z0-9._’'-]+@example\.(com|net|org)", one.email) for one in shoppers)
    assert all(re.fullmatch(r"\+86 199-0000-\d{4}|\+1-\d{3}-555-01\d\d", one.phone) for one in shoppers)
    assert {one.tier for one in shoppers} == {"regular", "silver", "gold"}


def test_orders_are_numbered_once_and_sold_from_the_shelf(shoppers):
    orders = [order for one in shoppers for order in one.orders]
    skus = {product.sku for product in load_products()}
    assert len({order.id for order in orders}) == len(orders)
    assert all(re.fullmatch(r"LT\d{8}-\d{4}", order.id) for order in orders)
    assert all(set(order.skus) <= skus for order in orders)
    assert {order.status for order in orders} == {"placed", "paid", "shipped", "delivered", "returned"}
    assert all(bool(order.tracking) == (order.status not in {"placed", "paid"}) for order in orders)
    assert all(one.created_at <= order.placed_at for one in shoppers for order in one.orders)


def test_the_signed_in_customer_has_recent_orders(shoppers):
    assert shoppers[0].name == "林语桐"
    assert [order.status for order in shoppers[0].orders] == [*["delivered"] * 4, "shipped", "paid"]
    times = [order.placed_at for order in shoppers[0].orders]
    assert times == sorted(times)


def test_the_same_seed_gives_the_same_people_and_talks(shoppers, talks):
    assert customers(today=NOW.date()) == shoppers
    assert list(conversations(shoppers, PEOPLE, FAQ, NOW)) == talks


def test_another_seed_gives_other_people():
    assert customers(seed=1, today=date(2026, 11, 20)) != customers(seed=2, today=date(2026, 11, 20))


def test_about_a_thousand_conversations_of_every_outcome(talks):
    outcomes = Counter(talk.outcome for talk in talks)
    assert 900 <= len(talks) <= 1_200
    assert 6 <= outcomes["open"] <= 10
    assert outcomes["waiting"] == 3
    assert min(outcomes["bot_answered"], outcomes["handed_over_resolved"]) > 200
    assert min(outcomes["unanswered"], outcomes["abandoned"]) > 40
    assert len({talk.id for talk in talks}) == len(talks)


def test_times_are_inside_the_window_and_in_order(talks):
    since = NOW - timedelta(days=30)
    moments = [[turn.at for turn in talk.turns] for talk in talks]
    assert all(one == sorted(one) and since <= one[0] and one[-1] <= NOW for one in moments)
    assert [talk.opened_at for talk in talks] == sorted(talk.opened_at for talk in talks)
    assert all(talk.opened_at == talk.turns[0].at for talk in talks)


def test_what_lives_now_began_within_the_hour(talks):
    living = [talk for talk in talks if talk.closed_at is None]
    assert {talk.outcome for talk in living} == {"open", "waiting"}
    assert all(NOW - timedelta(hours=1) <= talk.opened_at for talk in living)
    assert all(NOW - timedelta(minutes=15) <= talk.turns[-1].at for talk in living)


def test_the_bot_quotes_entries_that_exist_word_for_word(talks):
    answers = {(lang, entry.slug): entry.answer for lang in LANGS for entry in FAQ[lang]}
    quoted = [(talk.lang, turn) for talk in talks for turn in talk.turns if turn.entry_slug]
    assert len(quoted) > 800
    assert all(answers[lang, turn.entry_slug] == turn.text and turn.author == "bot" for lang, turn in quoted)


def test_agents_are_ours_and_speak_the_customer_s_language(talks):
    languages = {person.email: person.languages for person in PEOPLE}
    spoken = {(turn.agent_email, talk.lang) for talk in talks for turn in talk.turns if turn.author == "agent"}
    assert all(lang in languages[email] for email, lang in spoken)
    assert {email for email, _ in spoken} >= {person.email for person in PEOPLE if person.role == "agent"}


def test_a_hand_over_carries_a_note_and_ends_with_a_person(talks):
    handed = [talk for talk in talks if talk.outcome == "handed_over_resolved" and talk.topic != "unknown"]
    authors = [[turn.author for turn in talk.turns] for talk in handed]
    assert all("note" in one and one.index("note") < one.index("agent") for one in authors)
    assert len({talk.topic for talk in handed}) >= 12


def test_nothing_was_left_unfilled(talks):
    assert not [turn.text for talk in talks for turn in talk.turns if "{" in turn.text or not turn.text.strip()]


def test_orders_that_are_spoken_of_belong_to_the_customer(shoppers, talks):
    orders = {one.email: {order.id for order in one.orders} for one in shoppers}
    named = [
        (talk.customer_email, number)
        for talk in talks
        for turn in talk.turns
        for number in re.findall(r"LT\d{8}-\d{4}", turn.text)
    ]
    assert len(named) > 200
    assert all(number in orders[email] for email, number in named)


def test_the_unanswered_are_many_and_come_back_in_other_words(talks):
    asked = Counter(talk.turns[0].text for talk in talks if talk.outcome == "unanswered")
    assert len(asked) >= 25


def test_weekends_and_nights_are_quieter(talks):
    local = [talk.opened_at.astimezone(BEIJING) for talk in talks if talk.lang == "zh"]
    weekend = sum(at.weekday() >= 5 for at in local)
    night = sum(1 <= at.hour < 7 for at in local)
    assert weekend / 8 < (len(local) - weekend) / 22
    assert night < len(local) * 0.05


def test_people_come_back_in_the_morning():
    hours = load_company().hours
    late = datetime(2026, 11, 20, 22, 0, tzinfo=BEIJING)
    assert not is_open(late, hours)
    assert next_opening(late, hours) == datetime(2026, 11, 21, 10, 0, tzinfo=BEIJING)


def test_the_hour_before_opening_still_leaves_a_lively_console(shoppers):
    dawn = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
    talks = list(conversations(shoppers, PEOPLE, FAQ, dawn))
    assert sum(talk.closed_at is None for talk in talks) == 11
    assert all(turn.at <= dawn for talk in talks for turn in talk.turns)
