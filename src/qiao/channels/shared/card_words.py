"""A card in words, for channels that draw none or draw less. Names no provider."""

from qiao.ports.channel import Card


def under_title(card: Card, language: str) -> str:
    """Its text and facts, a line each, with the colon of the language."""
    colon = "：" if language.startswith("zh") else ": "
    return "\n".join(filter(None, (card.text, *(f"{name}{colon}{value}" for name, value in card.facts))))


def in_words(card: Card, language: str) -> str:
    """All of it but its address and picture."""
    return "\n".join(filter(None, (card.title, under_title(card, language))))
