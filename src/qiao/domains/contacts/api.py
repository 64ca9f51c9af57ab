"""The door of contacts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.contacts.contracts import Contact, ContactChanges, ContactFields, Proven, Visitor
from qiao.domains.contacts.errors import ContactNotFound, VisitorUnknown
from qiao.domains.contacts.events import ContactChanged, ContactCreated, ContactMerged
from qiao.domains.contacts.identities import Knowing
from qiao.domains.contacts.rules import clean_fields, search_text
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, InboxId, WorkspaceId, new_id, new_secret, secret_digest
from qiao.kit.text import number_query, piece_query
from qiao.platform.auth.signing import Proof
from qiao.platform.db.database import Database, Scope, storable_json

_COLUMNS = "id, name, email, phone, locale, city, country, tier, identified, attributes, created_at, last_seen_at"
_NEWEST = f"""
select {_COLUMNS}, search from contacts
where workspace_id = $1 and merged_into is null and ($2::timestamptz is null or (created_at, id) < ($2, $3))
order by created_at desc, id desc limit $4
"""
# A number that somebody has as a whole is looked for as a whole: its groups of three digits are in too many others.
# Else what many hold, the newest hold too; what these do not, few do: so neither is read that grows with the workspace.
_FIND = f"""
with numbered as materialized (
  select {_COLUMNS} from contacts_numbered($9::tsquery, $8) where workspace_id = $1
), newest as materialized (
  select {_COLUMNS} from ({_NEWEST}) n where search like $5 and not exists (select from numbered)
  order by created_at desc, id desc limit $6
), older as materialized (
  select {_COLUMNS} from contacts_matching($7::tsquery, $5, $8)
  where workspace_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3)) and (select count(*) from newest) < $6
  and not exists (select from numbered)
)
select * from newest union select * from older
union select * from numbered where $2::timestamptz is null or (created_at, id) < ($2, $3)
order by created_at desc, id desc limit $6
"""
_WALKED = 1_000
_MOST = 20_000
"""Contacts that are compared with what is looked for: of the newest, and of those that an index names."""
_VISITOR = """
select t.contact_id, t.inbox_id, t.proven_until, c.name, c.identified from visitor_tokens t
join contacts c on c.workspace_id = t.workspace_id and c.id = t.contact_id
where t.workspace_id = $1 and t.digest = $2
"""
_TEXTS = ("name", "email", "phone", "locale", "city", "country", "tier")
_CREATE_ALL = f"""
insert into contacts (workspace_id, id, {", ".join(_TEXTS)}, attributes, search)
select $1, id, {", ".join(_TEXTS)}, attributes::jsonb, search
from unnest($2::uuid[], {", ".join(f"${place}::text[]" for place in range(3, 3 + len(_TEXTS) + 2))})
  as t(id, {", ".join(_TEXTS)}, attributes, search)
on conflict do nothing returning id
"""
PREFIX = "qv_"


class Contacts(Knowing):
    """Makes and finds contacts, gives visitors their tokens and joins identities that are proven."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, scope: Scope, fields: ContactFields, *, created_at: datetime | None = None) -> Contact:
        """A new contact from claims. Raises ContactInvalid."""
        contact = await self._insert(scope, _given(fields), created_at=created_at)
        scope.emit(ContactCreated(contact=contact))
        return contact

    @staticmethod
    def clean(fields: ContactFields) -> ContactFields:
        """The fields as they would be stored. Raises ContactInvalid."""
        return ContactFields(**clean_fields(msgspec.structs.asdict(fields)))

    async def create_all(self, scope: Scope, new: Mapping[ContactId, ContactFields]) -> Mapping[UUID, Contact]:
        """Contacts by ids of the caller's making, from clean fields. Those that are there already stay as they are."""
        fields = [msgspec.structs.asdict(one) for one in new.values()]
        columns = [[one[name] for one in fields] for name in _TEXTS]
        attributes = [storable_json(one["attributes"] or {}).decode() for one in fields]
        searched = [search_text(one) for one in fields]
        made = await scope.connection.fetch(_CREATE_ALL, scope.workspace_id, list(new), *columns, attributes, searched)
        contacts = await self.by_ids(scope, new)
        for row in made:
            scope.emit(ContactCreated(contact=contacts[row["id"]]))
        return contacts

    async def get(self, scope: Scope, contact_id: ContactId) -> Contact:
        """A contact by id. Raises ContactNotFound."""
        row = await scope.connection.fetchrow(
            f"select {_COLUMNS} from contacts where workspace_id = $1 and id = $2", scope.workspace_id, contact_id
        )
        if row is None:
            raise ContactNotFound("no such contact")
        return _read(row)

    async def by_ids(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Contact]:
        """Contacts by id; unknown ones are absent."""
        rows = await scope.connection.fetch(
            f"select {_COLUMNS} from contacts where workspace_id = $1 and id = any($2)", scope.workspace_id, list(ids)
        )
        return {row["id"]: _read(row) for row in rows}

    async def proven(self, scope: Scope, contact_id: ContactId) -> Proven:
        """What is certain of a contact; name, e-mail and phone are not, since people may note them. Raises ContactNotFound."""
        rows = await scope.connection.fetch(
            "select id, external_id, identified from contacts where workspace_id = $1 and (id = $2 or merged_into = $2)",
            scope.workspace_id,
            contact_id,
        )
        own = next((row for row in rows if row["id"] == contact_id), None)
        if own is None:
            raise ContactNotFound("no such contact")
        former = tuple(ContactId(row["id"]) for row in rows if row["id"] != contact_id)
        return Proven(external_id=own["external_id"] if own["identified"] else None, former=former)

    async def find(
        self, scope: Scope, query: str, after: tuple[datetime, UUID] | None = None, limit: int = 30
    ) -> Sequence[Contact]:
        """Newest first; `query` is looked for in name, e-mail, phone digits and external id."""
        words = query.replace("\x00", "").strip().lower()
        pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        at, contact_id = after or (None, None)
        place = (scope.workspace_id, at, contact_id)
        if words:
            looked_for = (pattern, limit, piece_query(words), _MOST, number_query(words))
            rows = await scope.connection.fetch(_FIND, *place, _WALKED, *looked_for)
        else:
            rows = await scope.connection.fetch(_NEWEST, *place, limit)
        return [_read(row) for row in rows]

    async def change(self, scope: Scope, contact_id: ContactId, changes: ContactChanges) -> Contact:
        """Set the given fields; who was proven stays proven. Raises ContactNotFound, ContactInvalid."""
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
        await self.get(scope, contact_id)
        return await self._update(scope, contact_id, clean_fields(given))

    async def begin_visit(self, scope: Scope, inbox_id: InboxId, fields: ContactFields) -> tuple[str, Visitor]:
        """A new anonymous contact and the token that speaks for it; the token is shown once and stored as a digest.

        Not told as a new contact: most who open a page never write, and each fact takes its turn in the company's log.
        """
        contact = await self._insert(scope, _given(fields))
        return await self._give_token(scope, contact, inbox_id, None)

    async def bearer(self, authorization: str) -> Visitor:
        """Who holds the bearer token of an Authorization header. Raises VisitorUnknown."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise VisitorUnknown("a visitor token is needed")
        return await self.visitor(token.strip())

    async def visitor(self, token: str) -> Visitor:
        """Who holds a token. Raises VisitorUnknown."""
        workspace_id, digest = _parse(token)
        async with self._database.across() as connection:
            row = await connection.fetchrow(_VISITOR, workspace_id, digest)
        if row is None or (row["proven_until"] is not None and row["proven_until"] < utc_now()):
            raise VisitorUnknown("begin a new session")
        return Visitor(
            workspace_id=workspace_id,
            contact_id=row["contact_id"],
            inbox_id=row["inbox_id"],
            name=row["name"],
            identified=row["identified"],
            digest=digest,
        )

    async def identify(self, scope: Scope, inbox_id: InboxId, proof: Proof, visitor: Visitor | None) -> tuple[str, Visitor]:
        """Raise a visit to a proven identity: the contact of `proof.subject`, made or found. An anonymous visitor's
        contact is merged into it.

        Gives a new token that lives as long as the proof; the anonymous token stops working.
        """
        claims = _claims(proof)
        # Two tabs prove the same person at once: one makes the contact, the other finds it.
        await scope.connection.execute(
            "select pg_advisory_xact_lock(hashtextextended($1::text || $2, 0))", str(scope.workspace_id), proof.subject
        )
        existing = await scope.connection.fetchval(
            "select id from contacts where workspace_id = $1 and external_id = $2", scope.workspace_id, proof.subject
        )
        anonymous = await self._still_anonymous(scope, visitor) if visitor and not visitor.identified else None
        if existing is None and anonymous is not None:
            contact = await self._update(scope, anonymous, {**claims, "external_id": proof.subject, "identified": True})
        elif existing is None:
            contact = await self._insert(scope, {**claims, "external_id": proof.subject, "identified": True})
            scope.emit(ContactCreated(contact=contact))
        else:
            contact = await self._update(scope, ContactId(existing), claims)
        merged = anonymous if anonymous and anonymous != contact.id else None
        if merged:
            await self._merge(scope, merged, contact.id)
        token, holder = await self._give_token(scope, contact, inbox_id, proof.expires_at)
        if visitor is not None:
            await scope.connection.execute(
                "delete from visitor_tokens where workspace_id = $1 and digest = $2", scope.workspace_id, visitor.digest
            )
        return token, msgspec.structs.replace(holder, merged_from=merged)

    async def seen(self, scope: Scope, visitor: Visitor) -> None:
        """The visitor is here now."""
        await scope.connection.execute(
            "update contacts set last_seen_at = now() where workspace_id = $1 and id = $2", scope.workspace_id, visitor.contact_id
        )

    async def _insert(self, scope: Scope, values: dict[str, Any], *, created_at: datetime | None = None) -> Contact:
        values = {**values, "search": search_text(values), **({"created_at": created_at} if created_at else {})}
        names = ", ".join(values)
        places = ", ".join(f"${place}" for place in range(3, 3 + len(values)))
        row = await scope.connection.fetchrow(
            f"insert into contacts (workspace_id, id, {names}) values ($1, $2, {places}) returning {_COLUMNS}",
            scope.workspace_id,
            new_id(),
            *values.values(),
        )
        return _read(row)

    async def _update(self, scope: Scope, contact_id: ContactId, values: dict[str, Any]) -> Contact:
        if values:
            assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=3))
            await scope.connection.execute(
                f"update contacts set {assignments} where workspace_id = $1 and id = $2",
                scope.workspace_id,
                contact_id,
                *values.values(),
            )
            await self._index(scope, contact_id)
        contact = await self.get(scope, contact_id)
        scope.emit(ContactChanged(contact=contact))
        return contact

    async def _index(self, scope: Scope, contact_id: ContactId) -> None:
        row = await scope.connection.fetchrow(
            "select name, email, phone, external_id from contacts where workspace_id = $1 and id = $2",
            scope.workspace_id,
            contact_id,
        )
        if row is not None:
            await scope.connection.execute(
                "update contacts set search = $3 where workspace_id = $1 and id = $2",
                scope.workspace_id,
                contact_id,
                search_text(dict(row)),
            )

    async def _still_anonymous(self, scope: Scope, visitor: Visitor) -> ContactId | None:
        # Two tabs may share a visit: what the other one proved since this token was read counts.
        return await scope.connection.fetchval(
            "select id from contacts where workspace_id = $1 and id = $2 and not identified and merged_into is null for update",
            scope.workspace_id,
            visitor.contact_id,
        )

    async def _merge(self, scope: Scope, old: ContactId, new: ContactId) -> None:
        await scope.connection.execute(
            "update contacts set merged_into = $3 where workspace_id = $1 and id = $2", scope.workspace_id, old, new
        )
        await scope.connection.execute(
            "update contact_identities set contact_id = $3 where workspace_id = $1 and contact_id = $2",
            scope.workspace_id,
            old,
            new,
        )
        await scope.connection.execute(
            "delete from visitor_tokens where workspace_id = $1 and contact_id = $2", scope.workspace_id, old
        )
        scope.emit(ContactMerged(contact_id=old, merged_into=new))

    async def _give_token(
        self, scope: Scope, contact: Contact, inbox_id: InboxId, proven_until: datetime | None
    ) -> tuple[str, Visitor]:
        token = new_secret(f"{PREFIX}{scope.workspace_id.hex}_")
        digest = secret_digest(token)
        await scope.connection.execute(
            "insert into visitor_tokens (workspace_id, digest, contact_id, inbox_id, proven_until) values ($1, $2, $3, $4, $5)",
            scope.workspace_id,
            digest,
            contact.id,
            inbox_id,
            proven_until,
        )
        return token, Visitor(
            workspace_id=scope.workspace_id,
            contact_id=contact.id,
            inbox_id=inbox_id,
            name=contact.name,
            identified=contact.identified,
            digest=digest,
        )


def _given(fields: ContactFields) -> dict[str, Any]:
    return clean_fields({name: value for name, value in msgspec.structs.asdict(fields).items() if value is not None})


def _parse(token: str) -> tuple[WorkspaceId, bytes]:
    parts = token.split("_", 2)
    if len(token) > 200 or len(parts) != 3 or parts[0] + "_" != PREFIX:
        raise VisitorUnknown("begin a new session")
    try:
        return WorkspaceId(UUID(hex=parts[1])), secret_digest(token)
    except (ValueError, UnicodeError):
        raise VisitorUnknown("begin a new session") from None


def _claims(proof: Proof) -> dict[str, Any]:
    known = {name: proof.claims[name] for name in ("name", "email", "phone", "city", "country", "tier") if proof.claims.get(name)}
    attributes = proof.claims.get("attributes")
    if isinstance(attributes, dict):
        known["attributes"] = attributes
    return clean_fields(known)


def _read(row: Any) -> Contact:
    return Contact(**{name: row[name] for name in _COLUMNS.split(", ")})
