"""Pure rules of the audit log: the chain of digests, the signed head, what is wrong with one, and how it is written as CSV."""

import csv
import hashlib
import hmac
import io
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.audit.contracts import AuditEntry, Fault
from qiao.kit.derived_keys import derived

_PURPOSE = b"qiao audit head"
_FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_COLUMNS = ("number", "at", "action", "actor_id", "subject", "source", "detail")


class Stored(Struct, frozen=True):
    """An entry as its row holds it."""

    number: int
    at: str
    action: str
    actor_id: UUID | None
    body: str
    digest: bytes


class Head(Struct, frozen=True):
    """The newest entry, signed."""

    number: int
    digest: bytes
    signature: bytes


class Anchor(Struct, frozen=True):
    """What was written outside the database: this entry was there with this digest (in hexadecimal)."""

    workspace_id: UUID
    number: int
    digest: str


def encode(entry: AuditEntry) -> str:
    """The bytes that are digested: JSON in the order of the fields, keys of the detail sorted."""
    return msgspec.json.encode(entry, order="deterministic").decode()


def link(workspace_id: UUID, before: bytes, body: str) -> bytes:
    """An entry's digest: it covers the one before, and so all before it."""
    return hashlib.sha256(workspace_id.bytes + before + body.encode()).digest()


def sign(key: str, workspace_id: UUID, number: int, digest: bytes) -> bytes:
    """The signature of a head, under a key derived from the installation's."""
    return hmac.digest(derived(key.encode(), _PURPOSE), workspace_id.bytes + number.to_bytes(8, "big") + digest, hashlib.sha256)


class Reading:
    """A log read in the order of its numbers, part by part: what is wrong with it first. Keeps no entries."""

    def __init__(self, workspace_id: UUID, anchors: Sequence[Anchor]) -> None:
        """`anchors`: what was written outside the database about this log."""
        self._workspace_id = workspace_id
        self._anchors: dict[int, set[str]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.number, set()).add(anchor.digest)
        self._last = 0
        self._digest = b""
        self._broken: Fault | None = None
        self._anew: Fault | None = None

    def add(self, entries: Sequence[Stored]) -> None:
        """The entries that come next."""
        for entry in entries:
            self._broken = self._broken or self._wrong(entry)
            self._last += 1
            self._digest = entry.digest
            kept = self._anchors.get(self._last)
            if kept and kept != {entry.digest.hex()} and self._anew is None:
                self._anew = Fault(self._workspace_id, self._last, "written anew")

    def fault(self, head: Head | None, keys: Sequence[str]) -> Fault | None:
        """The first thing that is wrong; None when the log is as it was written."""
        return (
            self._broken or _head_fault(self._workspace_id, self._last, self._digest, (head, keys)) or self._anew or self._cut()
        )

    def _wrong(self, entry: Stored) -> Fault | None:
        expected = self._last + 1
        if entry.number != expected:
            return Fault(self._workspace_id, expected, "missing")
        if not hmac.compare_digest(link(self._workspace_id, self._digest, entry.body), entry.digest) or not _says_the_same(entry):
            return Fault(self._workspace_id, expected, "changed")
        return None

    def _cut(self) -> Fault | None:
        furthest = max(self._anchors, default=0)
        return Fault(self._workspace_id, self._last + 1, "cut off") if furthest > self._last else None


def _head_fault(workspace_id: UUID, last: int, digest: bytes, held: tuple[Head | None, Sequence[str]]) -> Fault | None:
    head, keys = held
    if head is None:
        return Fault(workspace_id, last, "unsigned") if last else None
    if head.number > last:
        return Fault(workspace_id, last + 1, "cut off")
    signed = any(hmac.compare_digest(sign(key, workspace_id, head.number, head.digest), head.signature) for key in keys)
    if not signed or head.number != last or head.digest != digest:
        return Fault(workspace_id, last, "head does not fit")
    return None


def _says_the_same(entry: Stored) -> bool:
    try:
        said = msgspec.json.decode(entry.body, type=AuditEntry)
    except msgspec.MsgspecError:
        return False
    return (said.number, said.at.isoformat(), said.action, said.actor_id) == (
        entry.number,
        entry.at,
        entry.action,
        entry.actor_id,
    )


def as_csv(entries: Sequence[AuditEntry], *, head: bool = True) -> str:
    """A table for spreadsheets, or what comes after its head: no cell of it is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if head:
        writer.writerow(_COLUMNS)
    for entry in entries:
        detail = msgspec.json.encode(entry.detail, order="sorted").decode()
        cells = (entry.number, entry.at.isoformat(), entry.action, entry.actor_id or "", entry.subject, entry.source, detail)
        writer.writerow([_harmless(str(cell)) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" \n\u3000").startswith(_FORMULA) else cell
