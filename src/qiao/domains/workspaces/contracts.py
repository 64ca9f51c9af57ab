"""What a workspace is."""

from msgspec import UNSET, Struct, UnsetType

from qiao.kit.ids import WorkspaceId

LOCALES = ("zh", "en")


class Workspace(Struct, frozen=True, kw_only=True):
    """One company. `name` by language; `timezone` an IANA name."""

    id: WorkspaceId
    slug: str
    name: dict[str, str]
    default_locale: str
    timezone: str
    chat_limit_default: int
    requeue_after_seconds: int


class WorkspaceChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an admin may change; absent fields stay."""

    slug: str | UnsetType = UNSET
    name: dict[str, str] | UnsetType = UNSET
    default_locale: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    chat_limit_default: int | UnsetType = UNSET
    requeue_after_seconds: int | UnsetType = UNSET
