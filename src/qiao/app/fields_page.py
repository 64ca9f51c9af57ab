"""Who may see and change which field, as a page of docs/trust: written from the routes themselves, so that it is never stale."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from qiao.app.asgi import make_litestar
from qiao.domains.people.access import PERMISSIONS, ROLE_PERMISSIONS
from qiao.domains.people.contracts import Role

_HEAD = """# Who may see and change which field

Written by `./dev gen` from the routes: what each reads and answers, and who may call it. A field that is not named in a row is refused
(422) where it is sent, and is not in the answer. What a company's people may do is by their role; whose rows they are is held by the
workspace, by row-level security besides ([decision 20](../decisions/0020-walls-in-the-database.md)), and for a customer by their token.

What the tables cannot say, by what the thing is:

- a customer sees their own conversations alone, never notes, drafts, tags, assignees by their whole name, or what the bot thought;
- a program sees what its key was made for and its maker still may, and with chosen inboxes these conversations alone
  ([decision 24](../decisions/0024-api-keys.md));
- nobody gives a role above their own, changes somebody above them, or takes away the last owner; of themselves everybody changes what
  `/api/v1/me` takes;
- what is for colleagues is found by people and never by customers ([decision 16](../decisions/0016-what-agents-alone-may-read.md));
- secrets are written and never read: an answer says at most that there is one, and a new one is shown once;
- of a customer's fields, `external_id` and proven identities come from a checked proof alone.
"""
_GUARDS = {f"requires_{one.replace('.', '_')}": f"`{one}`" for one in PERMISSIONS} | {
    "signed_in": "everybody signed in", "visitor": "the customer whose token it is", "public": "everybody",
}  # fmt: skip


class _Row(Struct, frozen=True, order=True):
    path: str
    method: str
    who: str
    fields: str


def render() -> str:
    """The page."""
    given = [row for row in _rows("data") if row.method != "GET"]
    shown = [row for row in _rows("return") if row.method == "GET"]
    parts = [_HEAD, "## Roles\n", _roles(), "\n## Changing\n", _table(given), "\n## Reading\n", _table(shown)]
    return "\n".join(parts) + "\n"


def _roles() -> str:
    lines = ["| permission | " + " | ".join(role.value for role in Role) + " |", "|---" * (len(Role) + 1) + "|"]
    for permission in sorted(PERMISSIONS):
        held = ("yes" if permission in ROLE_PERMISSIONS[role] else "" for role in Role)
        lines.append(f"| `{permission}` | {' | '.join(held)} |")
    return "\n".join(lines)


def _table(rows: list[_Row]) -> str:
    lines = [f"| `{row.method} {row.path}` | {row.who} | {row.fields} |" for row in rows]
    return "\n".join(["| route | who | fields |", "|---|---|---|", *lines])


def _rows(part: str) -> list[_Row]:
    return sorted(row for row in _read(part) if row.fields)


def _read(part: str) -> Iterator[_Row]:
    for route in make_litestar().routes:
        for handler in getattr(route, "route_handlers", []):
            if not isinstance(handler, HTTPRouteHandler) or not route.path.startswith(("/api/v1/", "/visitor/v1/")):
                continue
            signature = handler.parsed_fn_signature
            told = signature.return_type if part == "return" else signature.parameters.get("data")
            names = ", ".join(f"`{name}`" for name in _fields(told.annotation)) if told else ""
            path = re.sub(r":\w+}", "}", route.path)
            for method in handler.http_methods - {"OPTIONS"}:
                yield _Row(path, str(method), _who(handler), names)


def _who(handler: HTTPRouteHandler) -> str:
    guards = [getattr(guard, "func", guard).__name__ for guard in handler.resolve_guards()]
    who = " and ".join(_GUARDS[name] for name in guards if name in _GUARDS)
    return f"{who}, in person" if "in_person" in guards else who


def _fields(kind: Any) -> list[str]:
    """Of a struct, or of the struct that a page, a list or an answer is of."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return list(kind.__struct_fields__)
    return next((found for inner in get_args(kind) if (found := _fields(inner))), [])
