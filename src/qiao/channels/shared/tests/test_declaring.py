"""What a channel does not declare is refused before anybody is asked."""

from uuid import UUID

import msgspec
import pytest

from qiao.channels.shared.declaring import undeclared
from qiao.ports.channel import (
    Capability,
    Card,
    Manifest,
    MediaLimit,
    Option,
    OutboundFile,
    OutboundMessage,
    Place,
    Rejected,
    Template,
)

PLAIN = Manifest(
    name="pigeon",
    tier="bronze",
    title={"en": "Pigeon"},
    capabilities=frozenset({Capability.TEXT, Capability.IMAGE}),
    max_text=10,
    media=(MediaLimit(kind="image", max_bytes=100),),
)
RICH = msgspec.structs.replace(PLAIN, capabilities=frozenset(Capability), max_options=2)
MESSAGE = OutboundMessage(key="k", conversation_id=UUID(int=1), to="a")


def saying(**changes):
    return msgspec.structs.replace(MESSAGE, **changes)


def file(kind="image", size=100):
    return OutboundFile(id=UUID(int=2), kind=kind, name="x", content_type="x/y", size=size, url="https://desk.test/x")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (saying(text="长" * 11), "too_long"),
        (saying(), "not_allowed"),
        (saying(text="a", options=(Option("1", "a"),)), "not_allowed"),
        (saying(card=Card(title="a")), "not_allowed"),
        (saying(place=Place(latitude=1.0, longitude=2.0)), "not_allowed"),
        (saying(template=Template(name="a", language="en")), "not_allowed"),
        (saying(text="a", thread_key="t"), "not_allowed"),
        (saying(text="a", private_reply_to="c"), "not_allowed"),
        (saying(files=(file("video"),)), "not_allowed"),
        (saying(files=(file(), file())), "not_allowed"),
        (saying(files=(file(size=101),)), "too_large"),
    ],
)
def test_what_a_channel_does_not_declare_does_not_go(message, reason):
    assert undeclared(PLAIN, message) == Rejected(reason)


@pytest.mark.parametrize(
    "message",
    [
        saying(text="长" * 10),
        saying(files=(file(),)),
        saying(card=Card(title="a")),
        saying(place=Place(latitude=1.0, longitude=2.0)),
        saying(text="a", options=(Option("1", "a"), Option("2", "b"))),
    ],
)
def test_what_it_declares_goes(message):
    assert undeclared(RICH, message) is None
