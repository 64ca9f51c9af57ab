"""Who wrote: contacts by their addresses and by what their providers have proven, and the joining of two that are one person.

An address belongs to one contact (a unique index decides between two that arrive at once). Contacts are joined by proof alone and can be
parted again. An address that everybody can write into a letter finds nobody who proved it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from qiao.domains.contacts.contracts import (
    Contact,
    ContactChanges,
    ContactFields,
    Identities,
    Identity,
    Join,
    JoinProof,
    Resolved,
    Sighting,
)
from qiao.domains.contacts.errors import ContactNotFound, JoinRefused
from qiao.domains.contacts.events import ContactCreated, ContactMerged, ContactUnjoined
from qiao.domains.contacts.rules import claimed_fields, fitted, search_text
from qiao.kit.ids import ContactId, PersonId, new_id
from qiao.platform.db.database import Scope, storable_json

OPEN_NAMESPACES = frozenset({"email", "phone"})
"""What anybody may claim: an address here is a proven one only with its provider's proof beside it."""
PROOFS: Mapping[str, JoinProof] = {"email": JoinProof.VERIFIED_EMAIL, "phone": JoinProof.VERIFIED_PHONE}
MAX_PROOFS = 5
_FIND = """
select i.namespace, i.value, i.contact_id, c.name from unnest($2::text[], $3::text[]) as k(namespace, value)
join contact_identities i on i.workspace_id = $1 and i.namespace = k.namespace and i.value = k.value
join contacts c on c.workspace_id = $1 and c.id = i.contact_id
"""
# The identity comes first: whoever gets it makes the contact, and another who comes at the same time waits here and finds it.
_MAKE = """
with input as (
  select * from unnest($2::text[], $3::text[], $4::uuid[], $5::bool[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                       $11::text[])
    as t(namespace, value, id, proven, name, email, phone, locale, attributes, search)
), taken as (
  insert into contact_identities (workspace_id, namespace, value, contact_id, proven)
  select $1, namespace, value, id, proven from input order by namespace, value
  on conflict do nothing returning contact_id
)
insert into contacts (workspace_id, id, name, email, phone, locale, attributes, search)
select $1, i.id, i.name, i.email, i.phone, i.locale, i.attributes::jsonb, i.search
from input i where i.id in (select contact_id from taken) returning id
"""
_ADD = """
insert into contact_identities (workspace_id, namespace, value, contact_id, proven)
select $1, namespace, value, $4, true from unnest($2::text[], $3::text[]) as t(namespace, value) order by namespace, value
on conflict do nothing returning value
"""
Key = tuple[str, str]


_TOLD = ("name", "email", "phone")


class _Contacts(Protocol):
    async def get(self, scope: Scope, contact_id: ContactId) -> Contact: ...

    async def change(self, scope: Scope, contact_id: ContactId, changes: ContactChanges) -> Contact: ...

    async def by_ids(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Contact]: ...


class Knowing:
    """Finds contacts by where they write from; joins and parts them."""

    async def resolve(self: _Contacts, scope: Scope, sightings: Sequence[Sighting]) -> list[Resolved]:
        """Whose each sighting is, in their order: by its address, else by a proof, else a new contact. Safe to race."""
        proven = [one for one in sightings if one.proofs]
        plain = {_key(one): one for one in sightings if not one.proofs}
        known = await _known(scope, list(plain))
        missing = {key: one for key, one in plain.items() if key not in known}
        fresh: set[UUID] = set()
        if missing:
            fresh = await _make(scope, missing)
            known |= await _known(scope, list(missing))
        by_proof = {id(one): await _by_proof(scope, one) for one in proven}
        found = [by_proof.get(id(one)) or _resolved(known[_key(one)], fresh) for one in sightings]
        if new := {one.contact_id for one in found if one.fresh}:
            for contact in (await self.by_ids(scope, new)).values():
                scope.emit(ContactCreated(contact=contact))
        return found

    async def introduced(self: _Contacts, scope: Scope, contact_id: ContactId, fields: ContactFields) -> Contact:
        """What a provider says of somebody is noted where nothing is: what they or the company wrote stays. Raises ContactNotFound."""
        known, told = await self.get(scope, contact_id), claimed_fields(msgspec.structs.asdict(fields))
        new = {name: told[name] for name in _TOLD if told.get(name) and not getattr(known, name)}
        return await self.change(scope, contact_id, ContactChanges(**new)) if new else known

    async def identities(self: _Contacts, scope: Scope, contact_id: ContactId) -> Identities:
        """In which ways a contact is known, oldest first, and its joins. Raises ContactNotFound."""
        await self.get(scope, contact_id)
        rows = await scope.connection.fetch(
            "select namespace, value, proven, created_at from contact_identities where workspace_id = $1 and contact_id = $2"
            " order by created_at, namespace, value",
            scope.workspace_id,
            contact_id,
        )
        joins = await scope.connection.fetch(
            "select * from contact_joins where workspace_id = $1 and (kept_id = $2 or other_id = $2) order by created_at, id",
            scope.workspace_id,
            contact_id,
        )
        return Identities(items=[Identity(**dict(row)) for row in rows], joins=[_join(row) for row in joins])

    async def join(
        self: _Contacts, scope: Scope, keep: ContactId, other: ContactId, proof: JoinProof, by: PersonId | None
    ) -> Contact:
        """The two are one person: what is `other`'s is `keep`'s now; recorded with its proof. Of a proven one and another the proven
        one is kept. Raises ContactNotFound, JoinRefused.
        """
        kept = await join(scope, keep, other, proof, by)
        return await self.get(scope, kept)

    async def unjoin(self: _Contacts, scope: Scope, keep: ContactId, other: ContactId, by: PersonId | None) -> Contact:
        """They are two people after all: what `other` brought goes back to it. Raises ContactNotFound; JoinRefused when they are
        not joined.
        """
        await self.get(scope, keep)
        row = await scope.connection.fetchrow(
            "update contact_joins set undone_at = now(), undone_by = $4"
            " where workspace_id = $1 and kept_id = $2 and other_id = $3 and undone_at is null returning identities",
            scope.workspace_id,
            keep,
            other,
            by,
        )
        if row is None:
            raise JoinRefused("these two are not joined")
        await scope.connection.execute(
            "update contacts set merged_into = null where workspace_id = $1 and id = $2", scope.workspace_id, other
        )
        await scope.connection.execute(
            "update contact_identities i set contact_id = $3 from unnest($4::text[], $5::text[]) as k(namespace, value)"
            " where i.workspace_id = $1 and i.contact_id = $2 and i.namespace = k.namespace and i.value = k.value",
            scope.workspace_id,
            keep,
            other,
            [one[0] for one in row["identities"]],
            [one[1] for one in row["identities"]],
        )
        scope.emit(ContactUnjoined(contact_id=other, left=keep, by_id=by))
        return await self.get(scope, other)


async def join(scope: Scope, keep: ContactId, other: ContactId, proof: JoinProof, by: PersonId | None) -> ContactId:
    """See `Knowing.join`; the id that was kept."""
    rows = await scope.connection.fetch(
        "select id, external_id, identified, merged_into from contacts where workspace_id = $1 and id = any($2)"
        " order by id for update",
        scope.workspace_id,
        [keep, other],
    )
    found = {row["id"]: row for row in rows}
    if keep not in found or other not in found:
        raise ContactNotFound("no such contact")
    if keep == other or any(row["merged_into"] is not None for row in rows):
        raise JoinRefused("one of the two is joined already")
    if found[other]["identified"] and not found[keep]["identified"]:
        keep, other = other, keep
    if found[other]["identified"]:
        raise JoinRefused("each of the two is proven to be somebody else")
    moved = await scope.connection.fetch(
        "update contact_identities set contact_id = $3 where workspace_id = $1 and contact_id = $2 returning namespace, value",
        scope.workspace_id,
        other,
        keep,
    )
    await scope.connection.execute(
        "insert into contact_joins (workspace_id, id, kept_id, other_id, proof, by_id, identities)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        scope.workspace_id,
        new_id(),
        keep,
        other,
        proof.value,
        by,
        [[row["namespace"], row["value"]] for row in moved],
    )
    await scope.connection.execute(
        "update contacts set merged_into = $3 where workspace_id = $1 and id = $2", scope.workspace_id, other, keep
    )
    await scope.connection.execute(
        "delete from visitor_tokens where workspace_id = $1 and contact_id = $2", scope.workspace_id, other
    )
    scope.emit(ContactMerged(contact_id=other, merged_into=keep, proof=proof.value, by_id=by))
    return keep


async def _by_proof(scope: Scope, one: Sighting) -> Resolved:
    """Its address and its proofs are one person's: whoever of them is known is it, and two that are known are joined."""
    key, proofs = _key(one), [(kind, fitted(kind, value)) for kind, value in one.proofs[:MAX_PROOFS]]
    known = await _known(scope, [key, *proofs])
    shown = next((known[proof] for proof in proofs if proof in known), None) or await _identified(scope, proofs)
    own = known.get(key)
    fresh: set[UUID] = set()
    if own is None:
        # A contact of its own even when a proof names another: what is joined now can be parted again.
        fresh = await _make(scope, {key: one})
        own = (await _known(scope, [key]))[key]
    joined: tuple[ContactId, ...] = ()
    if shown is not None and own[0] != shown[0]:
        own, joined = await _joined(scope, own, shown, proofs[0][0])
    new = list(dict.fromkeys(proof for proof in proofs if proof not in known and proof != key))
    if new and await _add(scope, own[0], new) < len(new):
        # Somebody else showed the same at the same moment, and is known by it now.
        return await _by_proof(scope, one)
    return msgspec.structs.replace(_resolved(own, fresh), joined=joined)


async def _joined(
    scope: Scope, own: tuple[ContactId, str | None], shown: tuple[ContactId, str | None], kind: str
) -> tuple[tuple[ContactId, str | None], tuple[ContactId, ...]]:
    if await _were_parted(scope, own[0], shown[0]):
        # A person of the company said that they are two: a provider's word does not undo that.
        return own, ()
    try:
        kept = await join(scope, shown[0], own[0], PROOFS.get(kind, JoinProof.PLATFORM), None)
    except JoinRefused:
        # Each is proven to be somebody else: the message belongs to whoever has its address.
        return own, ()
    other = own if kept == shown[0] else shown
    return (kept, shown[1] or own[1]), (other[0],)


async def _were_parted(scope: Scope, one: ContactId, other: ContactId) -> bool:
    """Whether the two were joined, and the join undone."""
    return bool(
        await scope.connection.fetchval(
            "select exists (select 1 from contact_joins where workspace_id = $1 and undone_at is not null"
            " and ((kept_id = $2 and other_id = $3) or (kept_id = $3 and other_id = $2)))",
            scope.workspace_id,
            one,
            other,
        )
    )


async def _identified(scope: Scope, proofs: Sequence[Key]) -> tuple[ContactId, str | None] | None:
    """The one identified contact that the company itself knows by a proven e-mail address or telephone number."""
    for kind, value in proofs:
        if kind not in OPEN_NAMESPACES:
            continue
        rows = await scope.connection.fetch(
            f"select id, name from contacts where workspace_id = $1 and identified and merged_into is null and {_SAME[kind]} limit 2",
            scope.workspace_id,
            value,
        )
        if len(rows) == 1:
            return ContactId(rows[0]["id"]), rows[0]["name"]
    return None


_SAME = {"email": "lower(email) = $2", "phone": "regexp_replace(phone, '[^0-9]', '', 'g') = ltrim($2, '+')"}


async def _known(scope: Scope, keys: Sequence[Key]) -> dict[Key, tuple[ContactId, str | None]]:
    if not keys:
        return {}
    rows = await scope.connection.fetch(_FIND, scope.workspace_id, [key[0] for key in keys], [key[1] for key in keys])
    return {(row["namespace"], row["value"]): (ContactId(row["contact_id"]), row["name"]) for row in rows}


async def _make(scope: Scope, missing: Mapping[Key, Sighting]) -> set[UUID]:
    """New contacts for addresses that nobody has; the ids of those that were really made."""
    fields: list[dict[str, Any]] = [claimed_fields(msgspec.structs.asdict(one.fields)) for one in missing.values()]
    rows = await scope.connection.fetch(
        _MAKE,
        scope.workspace_id,
        [key[0] for key in missing],
        [key[1] for key in missing],
        [new_id() for _ in missing],
        [bool(one.proofs) for one in missing.values()],
        *([one.get(name) for one in fields] for name in ("name", "email", "phone", "locale")),
        [storable_json(one.get("attributes") or {}).decode() for one in fields],
        [search_text(one) for one in fields],
    )
    return {row["id"] for row in rows}


async def _add(scope: Scope, contact_id: ContactId, keys: Sequence[Key]) -> int:
    """How many of them nobody had."""
    rows = await scope.connection.fetch(_ADD, scope.workspace_id, [key[0] for key in keys], [key[1] for key in keys], contact_id)
    return len(rows)


def _key(one: Sighting) -> Key:
    """Where its address is looked up: one that anybody can write stays apart from the same one with its provider's proof."""
    value = fitted(one.namespace, one.value)
    shown = any((kind, fitted(kind, given)) == (one.namespace, value) for kind, given in one.proofs)
    open_to_all = one.namespace in OPEN_NAMESPACES and not shown
    return (f"claimed:{one.namespace}" if open_to_all else one.namespace), value


def _resolved(own: tuple[ContactId, str | None], fresh: set[UUID]) -> Resolved:
    return Resolved(own[0], own[1], fresh=own[0] in fresh)


def _join(row: Any) -> Join:
    return Join(**{name: row[name] for name in Join.__struct_fields__ if name != "proof"}, proof=JoinProof(row["proof"]))
