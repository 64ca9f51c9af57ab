"""Each checker bites: a planted fault in what was read back is found, by the one checker that is there for it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.checkers import Read, disordered, phantoms, verify
from faults.harness.history import History, Outcome, Seen, Stored, Tally, longest_silence
from msgspec.structs import replace

HOME, AWAY = "home", "away"
CANARIES = {HOME: "canary-of-home", AWAY: "canary-of-away"}


def written(history: History, workspace: str, conversation: str, author: str, count: int) -> list[Stored]:
    rows: list[Stored] = []
    for seq in range(1, count + 1):
        operation = history.invoke("message", workspace, author, canary=CANARIES[workspace])
        history.ok(operation, seq, conversation)
        rows.append(
            Stored(
                workspace=workspace,
                conversation=conversation,
                seq=seq,
                id=f"{conversation}-{seq}",
                client_id=operation.client_id,
                author_kind="contact",
                text=operation.text,
            )
        )
    return rows


@pytest.fixture
def history() -> History:
    return History(seed=1)


@pytest.fixture
def read(history: History) -> Read:
    home, away = written(history, HOME, "h", "ann", 4), written(history, AWAY, "a", "bob", 3)
    seen = tuple(
        Seen(workspace=rows[0].workspace, where="a socket", rows=tuple(rows), raw=str([one.text for one in rows]))
        for rows in (home, away)
    )
    tally = Tally(
        workspace=HOME,
        opened=3,
        by_status={"open": 2, "bot": 1},
        shown={"open": 2, "bot": 1, "waiting": 0},
        owners={"x": ["p"], "y": ["p"], "z": []},
        loads={"p": 2},
        found_by_search=4,
        searchable=4,
    )
    return Read(rows=(*home, *away), seen=seen, tallies=(tally,), canaries=CANARIES)


def without(read: Read, index: int) -> Read:
    return replace(read, rows=tuple(one for place, one in enumerate(read.rows) if place != index))


def with_row(read: Read, row: Stored) -> Read:
    return replace(read, rows=(*read.rows, row))


def swapped(read: Read) -> Read:
    first, second, *rest = read.rows
    return replace(read, rows=(replace(first, seq=2), replace(second, seq=1), *rest))


def shown_elsewhere(read: Read) -> Read:
    home, away = read.seen
    return replace(read, seen=(home, replace(away, raw=away.raw + CANARIES[HOME])))


def miscounted(read: Read, **changes: object) -> Read:
    return replace(read, tallies=(replace(read.tallies[0], **changes),))


PLANTED: dict[str, tuple[Callable[[Read], Read], set[str]]] = {
    # The last of a conversation: its going leaves no gap.
    "a lost message": (lambda read: without(read, 3), {"LOST", "ORDER"}),
    "a lost message nobody saw": (lambda read: replace(without(read, 3), seen=()), {"LOST"}),
    "a doubled message": (lambda read: with_row(read, replace(read.rows[3], seq=5, id="again")), {"DUP", "ORDER"}),
    "a reordered message": (swapped, {"ORDER"}),
    "a gap": (lambda read: replace(without(read, 1), seen=()), {"LOST", "ORDER"}),
    "a phantom": (lambda read: with_row(read, replace(read.rows[3], seq=5, id="new", client_id="nobody.1")), {"PHANTOM"}),
    "a leaked message": (shown_elsewhere, {"LEAK"}),
    "one conversation too few": (
        lambda read: miscounted(read, by_status={"open": 1, "bot": 1}, shown={}, owners={}, loads={}),
        {"CONSERVE"},
    ),
    "one shown too many": (lambda read: miscounted(read, shown={"open": 3}), {"CONSERVE"}),
    "two owners": (lambda read: miscounted(read, owners={"x": ["p", "q"], "y": ["p"]}, loads={}), {"CONSERVE"}),
    "a load that is wrong": (lambda read: miscounted(read, loads={"p": 1}), {"CONSERVE"}),
    "one that no search finds": (lambda read: miscounted(read, found_by_search=3), {"CONSERVE"}),
}


def test_what_is_whole_is_clean(history: History, read: Read) -> None:
    verdict = verify(history, read)
    assert verdict.clean, verdict
    assert str(verdict) == "LOST = ∅  DUP = ∅  ORDER = ∅  PHANTOM = ∅  LEAK = ∅  CONSERVE = ∅"


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(history: History, read: Read, name: str) -> None:
    plant, expected = PLANTED[name]
    verdict = verify(history, plant(read))
    found = {checker for checker, lines in verdict.found.items() if lines}
    assert found == expected, verdict
    assert not verdict.clean


def test_a_message_with_other_words_is_a_phantom(history: History, read: Read) -> None:
    changed = replace(read.rows[0], text="something else")
    assert phantoms(history, [changed, *read.rows[1:]]) == ["ann.1 has other words: 'something else'"]


def test_a_message_in_another_workspace_is_a_phantom(history: History, read: Read) -> None:
    assert phantoms(history, [replace(read.rows[0], workspace=AWAY)]) == ["ann.1 is in another workspace"]


def test_what_was_refused_must_not_be_there(history: History, read: Read) -> None:
    refused = history.get("ann.4")
    history.fail(refused, "conversations.resolved")
    assert phantoms(history, read.rows) == ["ann.4 was refused and is there"]


def test_what_nobody_knows_of_may_be_there_or_not(history: History, read: Read) -> None:
    history.get("ann.4").outcome = Outcome.INFO
    assert verify(history, read).clean
    assert verify(history, replace(without(read, 3), seen=())).clean


def test_an_acknowledged_number_that_is_another_one_now_is_found(history: History, read: Read) -> None:
    history.get("bob.3").seq = 7
    assert disordered(history, read.rows) == ["bob.3 was acknowledged as 7 and is 3"]


def test_a_reader_who_was_shown_something_twice_or_otherwise_is_found(history: History, read: Read) -> None:
    first, second, *_ = read.rows
    twice = Seen(workspace=HOME, where="a console", rows=(first, first, second))
    other = Seen(workspace=HOME, where="a console", rows=(replace(first, id="another"),))
    assert disordered(history, read.rows, [twice]) == ["a console was shown 1 of h after 1"]
    assert disordered(history, read.rows, [other]) == ["a console was shown another 1 of h than is stored"]


def test_a_reader_who_was_not_shown_all_is_found(history: History, read: Read) -> None:
    _first, *others = read.rows[:4]
    partly = Seen(workspace=HOME, where="a socket", rows=tuple(others), whole_of=frozenset({"h"}))
    assert disordered(history, read.rows, [partly]) == ["a socket was never shown 1 of h"]
    assert disordered(history, read.rows, [replace(partly, acknowledged=frozenset({("h", 1)}))]) == []
    assert disordered(history, read.rows, [replace(partly, whole_of=frozenset())]) == []


def test_events_of_the_desk_itself_are_nobodys_message_and_have_their_numbers(history: History, read: Read) -> None:
    event = replace(read.rows[3], seq=5, id="event", client_id="", author_kind="system", text="assigned")
    assert verify(history, with_row(read, event)).clean


def test_the_longest_silence_is_between_two_acknowledgements(history: History) -> None:
    for at in (1.0, 1.5, 4.0, 4.25):
        operation = history.invoke("message", HOME, "ann")
        history.ok(operation, 1, "h")
        operation.answered_at = at
    assert longest_silence(history.operations) == 2.5


def test_a_history_is_written_to_be_looked_at(history: History, read: Read, tmp_path: Path) -> None:
    history.write(tmp_path / "run.jsonl")
    lines = (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines[0] == '{"seed": 1}'
    assert len(lines) == 1 + len(read.rows)
    assert history.counts() == {"ok": 7, "fail": 0, "info": 0, "sent again": 0}
