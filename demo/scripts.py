"""How customers, the bot and agents talk in the demo: the scripts of `demo/content/scripts.*.toml`, read and checked.

A turn of a script is written "C:" (customer) or "A:" (agent) and its phrasings between bars; who reads it picks one.
"""

from typing import Literal

import msgspec

from demo.content import CONTENT, ContentBroken, Lang, Shape, read_toml

Stage = Literal["before", "way", "arrived", "after", "late", "any"]
Speaker = Literal["customer", "agent"]

_SPEAKERS: dict[str, Speaker] = {"C": "customer", "A": "agent"}


class Pools(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Small talk: phrasings for what is said in many conversations."""

    hello: tuple[str, ...]
    more: tuple[str, ...]
    thanks: tuple[str, ...]
    bot_bye: tuple[str, ...]
    ask_human: tuple[str, ...]
    bot_handover: tuple[str, ...]
    joined: tuple[str, ...]
    agent_hello: tuple[str, ...]
    agent_after_hours: tuple[str, ...]
    customer_done: tuple[str, ...]
    agent_bye: tuple[str, ...]
    bot_unknown: tuple[str, ...]
    give_up: tuple[str, ...]
    clarify: tuple[str, ...]
    vague: tuple[str, ...]
    queue: tuple[str, ...]
    impatient: tuple[str, ...]


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person and a customer say to each other after the hand-over, and the note that was handed over.

    `asks` and `entry` stand in for the topic's where the script begins differently.
    """

    note: str
    turns: tuple[str, ...]
    asks: tuple[str, ...] = ()
    entry: str = ""

    def spoken(self) -> tuple[tuple[Speaker, tuple[str, ...]], ...]:
        """The turns as speaker and phrasings; a turn without a known mark raises `ContentBroken`."""
        return tuple(_spoken(turn) for turn in self.turns)


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason to write in: the FAQ entry the bot answers with, ways to ask, and the scripts behind a hand-over.

    `stage`, `shapes`, `pieces` (at least that many in the order) and `countries` say who has that reason; empty means anyone.
    """

    slug: str
    entry: str
    team: str
    tags: tuple[str, ...]
    asks: tuple[str, ...]
    scripts: tuple[Script, ...]
    stage: Stage = "any"
    shapes: tuple[Shape, ...] = ()
    pieces: int = 1
    countries: tuple[str, ...] = ()


class Unknown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question that the FAQ does not cover, and what a person would answer."""

    asks: tuple[str, ...]
    answer: str


class Repertoire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is said in one language."""

    pools: Pools
    topics: tuple[Topic, ...]
    unknown: tuple[Unknown, ...]


def load_repertoire(lang: Lang) -> Repertoire:
    """The scripts of one language; raises `ContentBroken` when a file does not hold what it should."""
    return read_toml(CONTENT / f"scripts.{lang}.toml", Repertoire)


def _spoken(turn: str) -> tuple[Speaker, tuple[str, ...]]:
    mark, _, phrasings = turn.partition(":")
    if mark not in _SPEAKERS:
        raise ContentBroken(f"a script's turn begins with C: or A:, not {turn!r}")
    return _SPEAKERS[mark], tuple(phrasings.split("|"))
