"""What must be empty after every fault. Pure functions over a history and what was read back; each gives one line for each violation.

LOST      acknowledged, and not stored
DUP       stored more than once under one client id
ORDER     numbers of a conversation with a gap or a double, readers who do not agree or were not shown all, an author's own order not
          kept, an acknowledged number that is another one now
PHANTOM   stored, and never asked for, or with other words, or refused before
LEAK      something of another workspace shown to a workspace's reader
CONSERVE  conversations that do not add up, owned by two, or a load that is not what its owner has
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from faults.harness.history import History, Outcome, Seen, Stored, Tally
from msgspec import Struct

AUTHORS = frozenset({"contact", "agent"})
"""Who writes in these runs; what the desk itself says (events, the bot) is nobody's operation."""


class Read(Struct, frozen=True, kw_only=True):
    """Everything that was read back: rows by SQL, what readers saw, counts, and each workspace's canary."""

    rows: tuple[Stored, ...]
    seen: tuple[Seen, ...] = ()
    tallies: tuple[Tally, ...] = ()
    canaries: Mapping[str, str] = {}


class Verdict(Struct, frozen=True):
    """What each checker found. `clean` when nothing."""

    found: dict[str, list[str]]

    @property
    def clean(self) -> bool:
        return not any(self.found.values())

    def __str__(self) -> str:
        return "  ".join(f"{name} = {len(lines) or '∅'}" for name, lines in self.found.items()) + "".join(
            f"\n  {name}: {line}" for name, lines in self.found.items() for line in lines[:10]
        )


def verify(history: History, read: Read) -> Verdict:
    """Every checker."""
    return Verdict(
        {
            "LOST": lost(history, read.rows),
            "DUP": doubled(read.rows),
            "ORDER": disordered(history, read.rows, read.seen),
            "PHANTOM": phantoms(history, read.rows),
            "LEAK": leaked(read.seen, read.canaries),
            "CONSERVE": not_conserved(read.tallies),
        }
    )


def _written(rows: Iterable[Stored]) -> list[Stored]:
    return [one for one in rows if one.author_kind in AUTHORS]


def lost(history: History, rows: Iterable[Stored]) -> list[str]:
    """Acknowledged and not there."""
    there = {one.client_id for one in rows}
    return [f"{one.client_id} was acknowledged as {one.seq}" for one in history.of(Outcome.OK) if one.client_id not in there]


def doubled(rows: Iterable[Stored]) -> list[str]:
    """There twice: one client id with two rows, or one row's id twice."""
    rows = list(rows)
    by_client = Counter((one.workspace, one.client_id) for one in _written(rows))
    by_id = Counter((one.workspace, one.id) for one in rows)
    return [f"{key} is there {times} times" for key, times in (by_client + by_id).items() if times > 1]


def disordered(history: History, rows: Sequence[Stored], seen: Iterable[Seen] = ()) -> list[str]:
    """Not the one order."""
    by_conversation: dict[tuple[str, str], list[Stored]] = defaultdict(list)
    for one in rows:
        by_conversation[one.workspace, one.conversation].append(one)
    found: list[str] = []
    for (_, conversation), theirs in by_conversation.items():
        theirs.sort(key=lambda one: one.seq)
        numbers = [one.seq for one in theirs]
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"{conversation} has the numbers {_shortened(numbers)}")
        found += _authors_order(history, conversation, theirs)
    found += _acknowledged_numbers(history, rows)
    seen = list(seen)
    return found + _readers_order({(one.conversation, one.seq): one.id for one in rows}, seen) + _missed(rows, seen)


def _missed(rows: Iterable[Stored], seen: Iterable[Seen]) -> list[str]:
    written = _written(rows)
    return [
        f"{reader.where} was never shown {row.seq} of {row.conversation}"
        for reader in seen
        for shown in [{(one.conversation, one.seq) for one in reader.rows} | reader.acknowledged]
        for row in written
        if row.conversation in reader.whole_of and (row.conversation, row.seq) not in shown
    ]


def _authors_order(history: History, conversation: str, rows: Sequence[Stored]) -> list[str]:
    order: dict[str, list[int]] = defaultdict(list)
    for row in _written(rows):
        operation = history.get(row.client_id)
        if operation is not None:
            order[operation.author].append(operation.number)
    return [
        f"{author} wrote {_shortened(numbers)} in {conversation}"
        for author, numbers in order.items()
        if numbers != sorted(numbers)
    ]


def _acknowledged_numbers(history: History, rows: Iterable[Stored]) -> list[str]:
    now = {one.client_id: one.seq for one in _written(rows)}
    return [
        f"{one.client_id} was acknowledged as {one.seq} and is {now[one.client_id]}"
        for one in history.of(Outcome.OK)
        if one.client_id in now and one.seq is not None and now[one.client_id] != one.seq
    ]


def _readers_order(places: Mapping[tuple[str, int], str], seen: Iterable[Seen]) -> list[str]:
    found: list[str] = []
    for reader in seen:
        last: dict[str, int] = {}
        for row in reader.rows:
            if row.seq <= last.get(row.conversation, 0):
                found.append(f"{reader.where} was shown {row.seq} of {row.conversation} after {last[row.conversation]}")
            if places.get((row.conversation, row.seq)) != row.id:
                found.append(f"{reader.where} was shown another {row.seq} of {row.conversation} than is stored")
            last[row.conversation] = row.seq
    return found


def _shortened(numbers: Sequence[int]) -> str:
    return str(list(numbers)) if len(numbers) <= 12 else f"{list(numbers[:12])} and {len(numbers) - 12} more"


def phantoms(history: History, rows: Iterable[Stored]) -> list[str]:
    """There although nobody wrote it so, or although it was refused."""
    found: list[str] = []
    for row in _written(rows):
        operation = history.get(row.client_id)
        if operation is None:
            found.append(f"{row.client_id!r} was never sent")
        elif operation.text != row.text:
            found.append(f"{row.client_id} has other words: {row.text!r}")
        elif operation.outcome is Outcome.FAIL:
            found.append(f"{row.client_id} was refused and is there")
        elif operation.workspace != row.workspace:
            found.append(f"{row.client_id} is in another workspace")
    return found


def leaked(seen: Iterable[Seen], canaries: Mapping[str, str]) -> list[str]:
    """Shown to a reader of another workspace."""
    found: list[str] = []
    for reader in seen:
        for workspace, canary in canaries.items():
            if workspace != reader.workspace and canary in reader.raw:
                found.append(f"{reader.where} of {reader.workspace} was shown what is {workspace}'s")
    return found


def not_conserved(tallies: Iterable[Tally]) -> list[str]:
    """Counts that do not agree."""
    return [line for tally in tallies for line in _miscounted(tally)]


def _miscounted(tally: Tally) -> list[str]:
    found: list[str] = []
    total = sum(tally.by_status.values())
    if total != tally.opened:
        found.append(f"{tally.workspace}: {tally.opened} were opened, {total} are there")
    for status, number in tally.shown.items():
        if tally.by_status.get(status, 0) != number:
            found.append(f"{tally.workspace}: {number} are shown as {status}, {tally.by_status.get(status, 0)} are there")
    has = Counter(owners[-1] for owners in tally.owners.values() if owners)
    found += [f"{tally.workspace}: {one} has the owners {owners}" for one, owners in tally.owners.items() if len(owners) > 1]
    found += [
        f"{tally.workspace}: {person} has {has.get(person, 0)}, counted as {load}"
        for person, load in tally.loads.items()
        if has.get(person, 0) != load
    ]
    if tally.found_by_search != tally.searchable:
        found.append(f"{tally.workspace}: {tally.searchable} messages, {tally.found_by_search} in the search")
    return found
