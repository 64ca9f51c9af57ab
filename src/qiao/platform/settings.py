"""Every setting of the program, read once from the environment and checked.

Product settings (greetings, hours, limits) are not here: they are rows of a workspace.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from qiao.kit.errors import QiaoError


class SettingsInvalid(QiaoError):
    """A setting has a value that cannot be used; the message names it and says what is expected."""

    code = "settings.invalid"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Set each by an environment variable: QIAO_ and the name in capitals, e.g. QIAO_PORT=8080."""

    data_dir: str = "data"
    """Folder of the embedded database, files and the secret key."""
    database_url: str = ""
    """PostgreSQL to use in place of the embedded one."""
    replica_url: str = ""
    """A replica of the database, from which reports and search read while it is close behind. Empty: from the database."""
    bus_url: Annotated[str, Meta(pattern=r"^(?:(?:nats|tls)://[^\s,/?#]+(?:/[a-z0-9_-]{1,64})?(?:,(?!$)|$))*$")] = ""
    """NATS servers that carry hints between nodes, commas between them: nats://user:password@host:4222/name. Empty: the database does."""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8717
    role: Literal["all", "web", "live", "worker"] = "all"
    """What this node does of all there is: requests (web), sockets (live), what follows from facts (worker)."""
    public_url: str = ""
    """How browsers reach this server, e.g. https://desk.example.com. Empty: http://{host}:{port}."""
    blobs_url: str = ""
    """Where files are kept: empty for the data folder, or s3://bucket/prefix."""
    secret_key: str = ""
    """Signs what must be recognised later. Empty: made once and kept in the data folder."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    """json, text, or auto: text on a terminal."""
    bot_model: Literal["auto", "off"] = "auto"
    """auto: load the sentence model; off: answer by words alone."""
    llm_url: Annotated[str, Meta(pattern=r"^(?:https?://[^\s/?#@]+(?:/[^\s?#@]*)?)?$")] = ""
    """A language model that words answers, up to `/v1`: any endpoint that speaks OpenAI's chat completions. Empty: none."""
    llm_key: str = ""
    """Its key. Goes into one header of requests to that address."""
    llm_model: Annotated[str, Meta(max_length=200)] = ""
    """Its name there; needed with the address."""
    llm_seconds: Annotated[float, Meta(ge=0.5, le=60)] = 6.0
    """How long a customer waits for it at most, before the built-in answer is said."""
    mail_url: Annotated[str, Meta(pattern=r"^(?:(?:smtps?|smtp\+plain)://(?:[^\s/?#@:]+:[^\s/?#@]*@)?[^\s/?#@]+)?$")] = ""
    """Server for letters to staff, smtps:// or smtp:// (STARTTLS), e.g. smtp://user:password@mail.example.com:587. Empty: none are sent."""
    mail_from: Annotated[str, Meta(pattern=r"^(?:[^\s@<>]+@[^\s@<>]+)?$")] = ""
    """The address that those letters come from; needed with the server."""
    background: Literal["beside", "inside", "elsewhere"] = "beside"
    """Search, figures, imports: in a process beside the server, inside it (least memory), or left to `qiao worker` elsewhere."""
    trusted_proxies: str = ""
    """Addresses, comma separated, whose X-Forwarded-For is believed."""
    outbound_private: Literal["refuse", "allow"] = "refuse"
    """Whether services that admins name (a shop's own, tools of the bot) may stand at loopback and private addresses."""
    channel_hosts: Annotated[str, Meta(pattern=r"^(?:[a-z0-9_]+\.[a-z0-9_]+=https?://[^\s,?#@]+(?:,(?!$)|$))*$")] = ""
    """Addresses to use in place of a channel's own, as CHANNEL.ROLE=URL with commas between: a proxy, a region, a simulator."""
    channel_examples: bool = False
    """Whether made-up channels, which are kept as examples, are offered too; simulators switch it on."""
    way_back_hours: Annotated[float, Meta(ge=0, le=720)] = 24.0
    """How long after an upgrade, and after the former version was last seen, that may be started again. Then what only it used goes."""
    log_days: Annotated[float, Meta(ge=0, le=36_500)] = 0.0
    """How long the log of what happened is kept once everybody has handled it; conversations stay. 0: for ever."""
    drain_seconds: Annotated[float, Meta(ge=0, le=600)] = 10.0
    """How long a stop waits for what is under way."""

    def __post_init__(self) -> None:
        if self.llm_url and not self.llm_model:
            raise ValueError("`llm_model` is needed with QIAO_LLM_URL - at `$.llm_model`")
        if self.mail_url and not self.mail_from:
            raise ValueError("`mail_from` is needed with QIAO_MAIL_URL - at `$.mail_from`")
        if not all(" " < one <= "~" for one in self.llm_key):
            raise ValueError("a key is of printable characters - at `$.llm_key`")

    @property
    def proxies(self) -> frozenset[str]:
        """The addresses whose X-Forwarded-For is believed."""
        return frozenset(one.strip() for one in self.trusted_proxies.split(",")) - {""}

    @property
    def origin(self) -> str:
        """Scheme, host and port as browsers see them, without a final slash."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def data_path(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data_dir).expanduser().absolute()


def read_settings(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from QIAO_* variables, then `overrides`. Raises SettingsInvalid; unknown QIAO_ names are refused too."""
    source = os.environ if environment is None else environment
    values: dict[str, object] = {
        name.removeprefix("QIAO_").lower(): value
        for name, value in source.items()
        if name.startswith("QIAO_") and not name.startswith(("QIAO_SKIP_", "QIAO_BACKUP_"))
    }
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        named = re.sub(r"(?:\$\.|(?<=unknown field `))(\w+)", lambda found: f"QIAO_{found[1].upper()}", str(error))
        raise SettingsInvalid(f"a QIAO_ setting cannot be used: {named}") from error


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables under which `read_settings` gives the same settings again."""
    return {f"QIAO_{name.upper()}": str(value) for name, value in msgspec.structs.asdict(settings).items()}
