"""What the store says to customers: whole sentences in both languages, with every gap filled."""

import re

import pytest

from qiao.domains.commerce.contracts import Policy
from qiao.domains.commerce.store.words import broken_steps, filled, return_address, return_steps, same

RMA, DAY = "RMA261120-ABCD2345", "2026-12-01"
POLICY = Policy(return_address={"zh": "杭州市余杭区竹溪路 88 号", "en": "88 Zhuxi Road, Hangzhou"})
CHINESE = re.compile(r"[\u4e00-\u9fff]")

ways = pytest.mark.parametrize(("exchange", "we_pay"), [(False, False), (False, True), (True, False), (True, True)])


@ways
def test_every_step_is_said_in_both_languages_without_a_gap(exchange, we_pay):
    for step in return_steps(RMA, DAY, POLICY, exchange=exchange, we_pay=we_pay):
        assert set(step) == {"zh", "en"}
        assert not re.search(r"[{}]", "".join(step.values()))
        assert CHINESE.search(step["zh"])
        assert not CHINESE.search(step["en"])


@ways
def test_the_steps_name_the_number_the_day_and_the_place_in_the_reader_s_language(exchange, we_pay):
    for language in ("zh", "en"):
        said = " ".join(step[language] for step in return_steps(RMA, DAY, POLICY, exchange=exchange, we_pay=we_pay))
        assert RMA in said
        assert DAY in said
        assert POLICY.return_address[language] in said


def test_who_pays_and_what_follows_is_said_as_it_is():
    def said(**kind):
        return " ".join(step["en"] for step in return_steps(RMA, DAY, POLICY, **kind))

    assert "We pay" in said(exchange=False, we_pay=True)
    assert "We pay" not in said(exchange=False, we_pay=False)
    assert "refund" in said(exchange=False, we_pay=False)
    assert "the other piece" in said(exchange=True, we_pay=False)
    assert "refund" not in said(exchange=True, we_pay=False)


@pytest.mark.parametrize(("exchange", "zh", "en"), [(True, "补发", "send you another"), (False, "退款", "refund you")])
def test_a_broken_piece_stays_where_it_is(exchange, zh, en):
    steps = broken_steps(RMA, exchange=exchange)
    assert zh in steps[-1]["zh"]
    assert en in steps[-1]["en"]
    assert RMA in steps[-1]["zh"]
    assert RMA in steps[-1]["en"]
    assert POLICY.return_address["zh"] not in str(steps)


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ({"zh": "甲", "en": "A"}, "甲", "A"),
        ({"zh": "甲"}, "甲", "甲"),
        ({"en": "A"}, "A", "A"),
        ({}, "客服会把退货地址发给您", "We will send you the return address"),
    ],
)
def test_an_address_in_one_language_serves_the_other(given, zh, en):
    assert return_address(Policy(return_address=given)) == {"zh": zh, "en": en}


def test_what_is_filled_in_is_not_filled_again():
    """A number that looks like a gap is a number."""
    assert filled({"zh": "号 {rma}", "en": "No. {rma}"}, rma=same("{rma}")) == {"zh": "号 {rma}", "en": "No. {rma}"}
