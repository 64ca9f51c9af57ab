"""Cards in words: in the language of the conversation, nothing empty, nothing twice."""

import pytest

from qiao.channels.shared.card_words import in_words, under_title
from qiao.ports.channel import Card

CARD = Card(title="Order A-1", text="Shipped", url="https://a.example", facts=(("Carrier", "SF"), ("Pieces", "2")))


@pytest.mark.parametrize(
    ("language", "carrier"), [("zh", "Carrier：SF"), ("zh-Hant", "Carrier：SF"), ("en", "Carrier: SF"), ("", "Carrier: SF")]
)
def test_facts_have_the_colon_of_the_language(language: str, carrier: str):
    assert under_title(CARD, language).split("\n")[1] == carrier


def test_a_card_is_its_title_its_text_and_its_facts():
    assert in_words(CARD, "en") == "Order A-1\nShipped\nCarrier: SF\nPieces: 2"


@pytest.mark.parametrize("card", [Card(title="Only"), Card(title="Only", text="", facts=())])
def test_what_a_card_does_not_have_takes_no_line(card: Card):
    assert (in_words(card, "en"), under_title(card, "en")) == ("Only", "")
