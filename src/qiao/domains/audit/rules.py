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

_PURPOSE = b"qiao audit head\x01"
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
    """The signature of a head, under a key derived from the installation's (HKDF-SHA256, RFC 5869, one block)."""
    derived = hmac.digest(hmac.digest(bytes(32), key.encode(), hashlib.sha256), _PURPOSE, hashlib.sha256)
    return hmac.digest(derived, workspace_id.bytes + number.to_bytes(8, "big") + digest, hashlib.sha256)


def first_fault(workspace_id: UUID, entries: Sequence[Stored], head: Head | None, keys: Sequence[str]) -> Fault | None:
    """The first thing that is wrong with a log, entries in the order of their numbers; None when it is as it was written."""
    before = b""
    for expected, entry in enumerate(entries, start=1):
        if entry.number != expected:
            return Fault(workspace_id, expected, "missing")
        if not hmac.compare_digest(link(workspace_id, before, entry.body), entry.digest) or not _says_the_same(entry):
            return Fault(workspace_id, expected, "changed")
        before = entry.digest
    return _head_fault(workspace_id, len(entries), before, (head, keys))


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


def anchor_fault(anchor: Anchor, entries: Sequence[Stored]) -> Fault | None:
    """What an anchor from outside says against a log that is whole in itself: a cut tail, or a chain computed anew."""
    if anchor.number > len(entries):
        return Fault(anchor.workspace_id, len(entries) + 1, "cut off")
    if entries[anchor.number - 1].digest.hex() != anchor.digest:
        return Fault(anchor.workspace_id, anchor.number, "written anew")
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


def as_csv(entries: Sequence[AuditEntry]) -> str:
    """A table for spreadsheets: no cell of it is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        detail = msgspec.json.encode(entry.detail, order="sorted").decode()
        cells = (entry.number, entry.at.isoformat(), entry.action, entry.actor_id or "", entry.subject, entry.source, detail)
        writer.writerow([_harmless(str(cell)) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" \n\u3000").startswith(_FORMULA) else cell
