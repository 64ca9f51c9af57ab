"""The hub against a model of it: whatever the order of joining, leaving and publishing, each frame reaches exactly its listeners."""

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED, CLOSE_RESTART, Frame

TOPICS = ("a", "b", "c")
SOCKETS = st.integers(0, 4)


class Ear:
    """A socket that remembers what it heard and with which code it was ended."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.closed: list[int] = []

    def push_frame(self, frame: Frame) -> None:
        self.heard.append(frame.text)

    def close(self, code: int, reason: str = "") -> None:
        self.closed.append(code)

    def cut(self, code: int) -> None:
        self.closed.append(code)


class HubMachine(RuleBasedStateMachine):
    """`joined` is the model: what each ear listens to, or nothing for one that is out."""

    @initialize()
    def begin(self) -> None:
        self.hub = Hub()
        self.ears = [Ear() for _ in range(5)]
        self.joined: dict[int, set[str]] = {}
        self.expected: dict[int, list[str]] = defaultdict(list)
        self.frames = 0

    @rule(which=SOCKETS, topics=st.lists(st.sampled_from(TOPICS)))
    def join(self, which: int, topics: list[str]) -> None:
        self.hub.join(self.ears[which], topics)
        self.joined.setdefault(which, set()).update(topics)

    @rule(which=SOCKETS, topic=st.sampled_from(TOPICS))
    def leave_topic(self, which: int, topic: str) -> None:
        self.hub.leave_topic(self.ears[which], topic)
        self.joined.get(which, set()).discard(topic)

    @rule(which=SOCKETS)
    def leave(self, which: int) -> None:
        self.hub.leave(self.ears[which])
        self.joined.pop(which, None)

    @rule(topic=st.sampled_from(TOPICS))
    def publish(self, topic: str) -> None:
        self.frames += 1
        frame = f"{topic}{self.frames}"
        self.hub.publish(topic, frame)
        for which, topics in self.joined.items():
            self.expected[which] += [frame] if topic in topics else []

    @rule(topic=st.sampled_from(TOPICS))
    def end_a_topic(self, topic: str) -> None:
        before = [len(ear.closed) for ear in self.ears]
        self.hub.close_topic(topic, CLOSE_ENDED)
        after = [len(ear.closed) for ear in self.ears]
        ended = {which for which in range(5) if after[which] > before[which]}
        assert ended == {which for which, topics in self.joined.items() if topic in topics}

    @rule()
    def restart(self) -> None:
        self.hub.close_all()
        assert all(self.ears[which].closed[-1] == CLOSE_RESTART for which in self.joined)

    @invariant()
    def everybody_heard_what_was_for_them(self) -> None:
        assert [ear.heard for ear in self.ears] == [self.expected[which] for which in range(5)]

    @invariant()
    def the_hub_counts_who_is_there(self) -> None:
        assert self.hub.size == len(self.joined)

    @invariant()
    def a_topic_is_there_while_somebody_listens(self) -> None:
        for topic in TOPICS:
            listening = {which for which, topics in self.joined.items() if topic in topics}
            assert self.hub.has(topic) is bool(listening)
            assert self.hub.listeners(topic) == {self.ears[which] for which in listening}


HubMachine.TestCase.settings = settings(stateful_step_count=30)
TestHubModel = HubMachine.TestCase
