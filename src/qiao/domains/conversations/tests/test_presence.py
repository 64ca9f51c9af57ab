"""Who looks and who types, now: told to those who may know, forgotten when it is over."""

from uuid import uuid4

import msgspec
import pytest

from qiao.domains.contacts.contracts import Visitor
from qiao.domains.conversations import presence as module
from qiao.domains.conversations.presence import EXPIRES_SECONDS, VIEW_SECONDS, Presence
from qiao.kit.ids import new_id
from qiao.platform.auth.caller import Caller
from qiao.platform.live.feed import Frame
from qiao.platform.live.hub import Hub


class LocalBus:
    """Every process of an installation in one: what is published is heard by all."""

    def __init__(self) -> None:
        self.listeners = []

    def subscribe(self, topic, listener) -> None:
        self.listeners.append((topic, listener))

    def publish(self, topic, payload, *, here=True) -> None:
        for wanted, listener in self.listeners:
            if wanted == topic:
                listener(topic, payload)


class Ear:
    """A socket that only remembers."""

    def __init__(self) -> None:
        self.frames = []

    def push_frame(self, frame) -> None:
        self.frames.append(msgspec.json.decode(frame.text))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


class Floor:
    """Two processes with a console each."""

    def __init__(self) -> None:
        self.workspace_id, self.talk, self.other = new_id(), new_id(), new_id()
        bus = self.bus = LocalBus()
        self.hubs = [Hub(), Hub()]
        self.first, self.second = (Presence(bus, hub, "conversations.read") for hub in self.hubs)
        self.ears = [Ear(), Ear()]
        for hub, ear in zip(self.hubs, self.ears, strict=True):
            hub.join(ear, [f"{self.workspace_id}/conversations.read"])

    def caller(self, name="周宁") -> Caller:
        return Caller(
            workspace_id=self.workspace_id, person_id=new_id(), session_id=uuid4(), name=name, role="agent",
            permissions=frozenset({"conversations.read"}), locale="zh",
        )  # fmt: skip

    def visitor(self) -> Visitor:
        return Visitor(
            workspace_id=self.workspace_id, contact_id=new_id(), inbox_id=new_id(), name="林语桐", identified=False, digest=b""
        )

    def last(self, ear=0):
        frame = self.ears[ear].frames[-1]
        names = (
            [one["name"] for one in frame["viewers"]],
            [(one["kind"], one["name"], one["text_length"]) for one in frame["typing"]],
        )
        return frame["conversation_id"], *names


@pytest.fixture
def floor(clock) -> Floor:
    return Floor()


def view(conversation_id=None) -> Frame:
    return Frame(type="view", conversation_id=conversation_id)


def typing(conversation_id, on=True) -> Frame:
    return Frame(type="typing", conversation_id=conversation_id, on=on)


def test_who_looks_is_seen_in_every_process(floor):
    floor.first.view(floor.caller("周宁"), object(), view(floor.talk))
    floor.second.view(floor.caller("李想"), object(), view(floor.talk))
    assert floor.last(0) == floor.last(1) == (str(floor.talk), ["周宁", "李想"], [])


def test_looking_elsewhere_ends_the_looking_here(floor):
    caller, socket = floor.caller(), object()
    floor.first.view(caller, socket, view(floor.talk))
    floor.first.view(caller, socket, view(floor.other))
    frames = [(frame["conversation_id"], len(frame["viewers"])) for frame in floor.ears[1].frames]
    assert frames == [(str(floor.talk), 1), (str(floor.talk), 0), (str(floor.other), 1)]
    floor.first.view(caller, socket, view())
    assert floor.last() == (str(floor.other), [], [])


def test_a_socket_that_goes_looks_no_more(floor):
    caller, socket = floor.caller(), object()
    floor.first.view(caller, socket, view(floor.talk))
    floor.first.left(caller, socket)
    assert floor.last(1) == (str(floor.talk), [], [])
    count = len(floor.ears[1].frames)
    floor.first.left(caller, socket)
    assert len(floor.ears[1].frames) == count


def test_typing_is_told_until_it_stops(floor):
    caller = floor.caller()
    floor.first.typing(caller, object(), typing(floor.talk))
    assert floor.last(1) == (str(floor.talk), [], [("agent", "周宁", 0)])
    floor.first.typing(caller, object(), typing(floor.talk, on=False))
    assert floor.last(1) == (str(floor.talk), [], [])


def test_a_customer_who_types_is_told_by_length_alone(floor):
    visitor = floor.visitor()
    floor.second.contact_typing(floor.workspace_id, floor.talk, visitor, on=True, length=17)
    assert floor.last() == (str(floor.talk), [], [("contact", "林语桐", 17)])
    for length, shown in ((-5, 0), (10**9, 10_000)):
        floor.second.contact_typing(floor.workspace_id, floor.talk, visitor, on=True, length=length)
        assert floor.last()[2] == [("contact", "林语桐", shown)]
    floor.second.contact_left(floor.workspace_id, floor.talk)
    assert floor.last() == (str(floor.talk), [], [])


def test_typing_that_is_not_renewed_is_over(floor, clock):
    floor.first.typing(floor.caller("周宁"), object(), typing(floor.talk))
    clock.now += EXPIRES_SECONDS - 1
    floor.first.typing(floor.caller("李想"), object(), typing(floor.talk))
    assert [name for _, name, _ in floor.last()[2]] == ["周宁", "李想"]
    clock.now += 2
    floor.first.view(floor.caller("王芳"), object(), view(floor.talk))
    assert [name for _, name, _ in floor.last()[2]] == ["李想"]


def test_looking_lasts_for_as_long_as_its_node_says_so(floor, clock):
    floor.first.view(floor.caller("周宁"), object(), view(floor.talk))
    for _ in range(30):
        clock.now += 20
        floor.first.renew()
    floor.first.typing(floor.caller("李想"), object(), typing(floor.talk))
    assert floor.last()[1] == ["周宁"]


def test_looking_and_typing_of_one_person_are_two_signs(floor):
    caller, socket = floor.caller(), object()
    floor.first.view(caller, socket, view(floor.talk))
    floor.first.typing(caller, socket, typing(floor.talk))
    assert floor.last() == (str(floor.talk), ["周宁"], [("agent", "周宁", 0)])


def test_the_customer_hears_of_an_agent_who_types(floor):
    told = []
    floor.second.on_agent_typing(lambda *what: told.append(what))
    caller = floor.caller()
    floor.first.typing(caller, object(), typing(floor.talk))
    floor.first.typing(caller, object(), typing(floor.talk, on=False))
    floor.first.contact_typing(floor.workspace_id, floor.talk, floor.visitor(), on=True, length=1)
    assert told == [(floor.workspace_id, floor.talk, "周宁", True), (floor.workspace_id, floor.talk, "周宁", False)]


def test_the_customer_hears_of_the_bot_that_writes_and_the_consoles_do_not(floor):
    told = []
    floor.second.on_agent_typing(lambda *what: told.append(what))
    floor.first.bot_typing(floor.workspace_id, floor.talk, "智能助手", on=True)
    assert floor.last()[2] == []
    floor.first.bot_typing(floor.workspace_id, floor.talk, "智能助手", on=False)
    assert told == [(floor.workspace_id, floor.talk, "智能助手", True), (floor.workspace_id, floor.talk, "智能助手", False)]


def test_another_company_hears_nothing(floor):
    stranger = Ear()
    floor.hubs[0].join(stranger, [f"{new_id()}/conversations.read", f"{floor.workspace_id}/knowledge.read"])
    floor.first.view(floor.caller(), object(), view(floor.talk))
    assert stranger.frames == []


def test_where_nobody_is_nothing_is_kept(floor):
    caller, socket = floor.caller(), object()
    floor.first.view(caller, socket, view(floor.talk))
    floor.first.typing(caller, socket, typing(floor.talk))
    floor.first.typing(caller, socket, typing(floor.talk, on=False))
    floor.first.left(caller, socket)
    assert (floor.first._here, floor.second._here, floor.first._viewing) == ({}, {}, {})


def test_signs_of_no_conversation_are_passed_over(floor):
    floor.first.typing(floor.caller(), object(), Frame(type="typing", on=True))
    floor.first.contact_typing(floor.workspace_id, None, floor.visitor(), on=True, length=3)
    floor.first.contact_left(floor.workspace_id, None)
    floor.first.view(floor.caller(), object(), view())
    assert floor.ears[0].frames == []


def test_who_may_not_read_conversations_gives_no_sign(floor):
    editor = msgspec.structs.replace(floor.caller(), permissions=frozenset({"knowledge.read"}))
    floor.first.view(editor, Ear(), Frame(type="view", conversation_id=floor.talk))
    floor.first.typing(editor, Ear(), Frame(type="typing", conversation_id=floor.talk, on=True))
    assert [ear.frames for ear in floor.ears] == [[], []]


def test_no_more_places_are_remembered_than_the_bound(floor, monkeypatch):
    monkeypatch.setattr(module, "MAX_PLACES", 3)
    places = [new_id() for _ in range(10)]
    for place in places:
        floor.first.typing(floor.caller(), Ear(), Frame(type="typing", conversation_id=place, on=True))
    assert [place for _, place in floor.first._here] == places[-3:]
    assert [place for _, place in floor.second._here] == places[-3:]


def test_what_is_over_makes_room_first(floor, clock, monkeypatch):
    monkeypatch.setattr(module, "MAX_PLACES", 2)
    floor.first.view(floor.caller(), Ear(), Frame(type="view", conversation_id=floor.talk))
    floor.first.typing(floor.caller(), Ear(), Frame(type="typing", conversation_id=floor.other, on=True))
    clock.now += EXPIRES_SECONDS + 1
    newest = new_id()
    floor.first.typing(floor.caller(), Ear(), Frame(type="typing", conversation_id=newest, on=True))
    assert [place for _, place in floor.first._here] == [floor.talk, newest]


def test_of_two_windows_at_two_nodes_one_may_close(floor):
    caller, here, there = floor.caller(), object(), object()
    floor.first.view(caller, here, view(floor.talk))
    floor.second.view(caller, there, view(floor.talk))
    assert floor.last() == (str(floor.talk), ["周宁"], [])
    floor.second.left(caller, there)
    assert floor.last(0) == floor.last(1) == (str(floor.talk), ["周宁"], [])
    floor.first.left(caller, here)
    assert floor.last() == (str(floor.talk), [], [])


def test_saying_again_who_looks_tells_only_whoever_missed_it(floor):
    floor.first.view(floor.caller(), object(), view(floor.talk))
    count = len(floor.ears[1].frames)
    late, ear = Presence(floor.bus, hub := Hub(), "conversations.read"), Ear()
    hub.join(ear, [f"{floor.workspace_id}/conversations.read"])
    floor.first.renew()
    assert len(floor.ears[1].frames) == count
    assert [one["name"] for one in ear.frames[-1]["viewers"]] == ["周宁"]
    late.renew()
    assert len(ear.frames) == 1


def test_whoever_looked_at_a_node_that_died_looks_no_more(floor, clock):
    dead, alive = floor.caller("周宁"), floor.caller("李想")
    floor.first.view(dead, object(), view(floor.talk))
    floor.second.view(alive, object(), view(floor.talk))
    for _ in range(4):
        clock.now += VIEW_SECONDS / 3
        floor.second.renew()
    assert floor.last(1) == (str(floor.talk), ["李想"], [])
