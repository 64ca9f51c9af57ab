"""What somebody is doing with one request, so that it can be remembered with who did it in the very transaction that does it.

The door says that an act begins and who begins it (`begin`), services say what a change changes (`noted`), and the first transaction of the
request that wrote something hands it to whoever remembers (`Database.on_act`).
"""

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.kit.ids import WorkspaceId

LONGEST = 200
"""Characters of a value that are kept; of longer ones the beginning."""
MOST = 40
"""Fields of one change that are kept."""
UNTOLD = "changed"
"""What is said of a value that nobody may read."""
_PASSED_OVER = frozenset({"id", "workspace_id", "created_at", "updated_at", "version", "revision"})
_NAMES = ("name", "title", "question", "label", "email", "url", "slug")


class Change(Struct, frozen=True):
    """A field before and after, as JSON has it; both `UNTOLD` for what nobody may read."""

    before: Any
    after: Any


class Act(Struct, kw_only=True):
    """One request of somebody who is signed in. `always`: remembered although nothing was written, such as an export."""

    workspace_id: WorkspaceId
    name: str
    actor_id: UUID
    program: str | None = None
    source: str = ""
    subject: str = ""
    always: bool = False
    called: str | dict[str, str] = ""
    """What it is done to, as people call it; by language where it has a name in each."""
    changes: dict[str, Change] = {}
    idle: bool = False
    """The service looked, and nothing is different."""
    over: bool = False


_under_way: ContextVar[Act | None] = ContextVar("act", default=None)


def begin(act: Act | None) -> None:
    """From here on this request is that act, or none."""
    _under_way.set(act)


def end() -> None:
    """The request is answered. Work that it left behind, which inherits its context, is not part of it."""
    act = _under_way.get()
    if act is not None:
        act.over = True
        _under_way.set(None)


def under_way(workspace_id: WorkspaceId) -> Act | None:
    """The act of this request in this workspace, until it was remembered."""
    act = _under_way.get()
    return act if act is not None and not act.over and act.workspace_id == workspace_id else None


def noted(before: object, after: object, *, secret: Collection[str] = ()) -> None:
    """Say what a change changes: two structs or mappings, None for what is not there before or after. Does nothing outside an act.

    Fields named in `secret` are remembered as changed, never with a value.
    """
    act = _under_way.get()
    if act is None or act.over:
        return
    old, new = _plain(before), _plain(after)
    act.called = act.called or _called(new) or _called(old)
    act.subject = act.subject or str(new.get("id") or old.get("id") or "")
    if before is None or after is None:
        return
    found = _different(old, new, frozenset(secret))
    act.changes = dict([*act.changes.items(), *found.items()][:MOST])
    act.idle = not act.changes


def replaced(keys: Collection[str]) -> None:
    """Say that these secrets were set or taken away."""
    act = _under_way.get()
    if act is not None and not act.over:
        act.changes = {**act.changes, **{key: Change(UNTOLD, UNTOLD) for key in keys}}


def _plain(value: object) -> dict[str, Any]:
    built = msgspec.to_builtins(value) if value is not None else {}
    return cast("dict[str, Any]", built) if isinstance(built, Mapping) else {"value": built}


def _called(value: Mapping[str, Any]) -> str | dict[str, str]:
    name: Any = next((value[field] for field in _NAMES if value.get(field)), "")
    if isinstance(name, Mapping):
        return {language: str(one)[:LONGEST] for language, one in cast("Mapping[str, object]", name).items()}
    return str(name)[:LONGEST]


def _different(old: Mapping[str, Any], new: Mapping[str, Any], secret: frozenset[str]) -> dict[str, Change]:
    found: dict[str, Change] = {}
    for field in sorted({*old, *new} - _PASSED_OVER):
        was, now = old.get(field), new.get(field)
        if was == now:
            continue
        if field in secret:
            found[field] = Change(UNTOLD, UNTOLD)
        elif isinstance(was, dict) and isinstance(now, dict):
            inner = _different(cast("dict[str, Any]", was), cast("dict[str, Any]", now), secret)
            found |= {f"{field}.{name}": change for name, change in inner.items()}
        else:
            found[field] = Change(_short(was), _short(now))
    return found


def _short(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
