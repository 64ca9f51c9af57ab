"""Tools that an admin defines over HTTP: where to ask, what to send, what of the answer to keep. Only hosts on the list are asked.

The address is a template whose host is fixed; arguments go into it percent-encoded and can change neither host nor path. The server
adds who the customer is (`Qiao-Customer`: the id of the company's own signature, empty for somebody unknown) and for tools that write
an `Idempotency-Key`. Header values that are secret are stored sealed and never shown.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from qiao.domains.bot.flows.contracts import SlotName, Text
from qiao.domains.bot.flows.texts import look_up
from qiao.domains.bot.flows.tools.contracts import MAX_RESULT, TOOL_SECONDS, ToolCall, ToolFailed, ToolField, ToolSpec
from qiao.platform.http.outbound import AddressRefused, Outbound, OutboundAnswer, OutboundFailed, OutboundRequest, checked_url

MAX_BYTES = 256 * 1024
_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_HEADER = r"^[A-Za-z][A-Za-z0-9-]{0,60}$"
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "qiao-customer", "idempotency-key", "accept-encoding"}
)
_FAULTS = {400: "invalid", 422: "invalid", 404: "not_found", 410: "not_found", 401: "refused", 403: "refused", 409: "refused"}

HeaderName = Annotated[str, Meta(pattern=_HEADER)]
HeaderValue = Annotated[str, Meta(max_length=2_000, pattern=r"^[\x20-\x7e]*$")]
Host = Annotated[str, Meta(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")]


class HttpArgument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tool is given. `url`: stands as `{name}` in the address; `query` and `body` are sent under its name."""

    name: SlotName
    type: Literal["text", "number", "yes_no"] = "text"
    where: Literal["url", "query", "body"] = "query"
    required: bool = True
    description: Text = {}


class HttpResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of the answer: the value at `path` of its JSON, which must be of the type; null where it is missing."""

    name: SlotName
    path: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,60}(\.[A-Za-z0-9_]{1,60}){0,7}$")]
    type: Literal["text", "number", "yes_no", "list", "object"] = "text"


class HttpToolDefinition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool. `writes` adds an Idempotency-Key and says so where the tool is chosen."""

    name: SlotName
    title: Text
    url: Annotated[str, Meta(min_length=8, max_length=1_000)]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    description: Text = {}
    headers: Annotated[dict[HeaderName, HeaderValue], Meta(max_length=20)] = {}
    arguments: Annotated[list[HttpArgument], Meta(max_length=20)] = []
    results: Annotated[list[HttpResult], Meta(max_length=40)] = []
    writes: bool = False


class SavedHttpTool(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool to be saved. `secrets`: header values that are never shown again; null takes one away, absent ones stay."""

    definition: HttpToolDefinition
    secrets: Annotated[dict[HeaderName, HeaderValue | None], Meta(max_length=10)] | UnsetType = UNSET


class HttpToolShown(Struct, frozen=True, kw_only=True):
    """A tool as an admin sees it; of secrets only the names."""

    id: Any
    definition: HttpToolDefinition
    secret_headers: list[str]


class HttpHosts(Struct, frozen=True, forbid_unknown_fields=True):
    """The hosts (with a port where it is not the usual one) that tools may ask."""

    hosts: Annotated[list[Host], Meta(max_length=50)]


class HttpTool(Struct, frozen=True, kw_only=True):
    """A tool ready to be called."""

    definition: HttpToolDefinition
    secrets: Mapping[str, str]
    hosts: frozenset[str]
    outbound: Outbound

    @property
    def spec(self) -> ToolSpec:
        """What it is."""
        return spec_of(self.definition)

    async def run(self, call: ToolCall) -> Any:
        """Ask, and keep what the definition names. Raises ToolFailed."""
        return kept(self.definition, await self.ask(call))

    async def ask(self, call: ToolCall) -> OutboundAnswer:
        """What the service answers, whatever its status. Raises ToolFailed where it does not."""
        request = request_of(self.definition, self.secrets, call)
        if authority(request.url) not in self.hosts:
            raise ToolFailed("unavailable", "host")
        try:
            return await self.outbound.send(request)
        except AddressRefused:
            raise ToolFailed("unavailable", "address") from None
        except OutboundFailed as error:
            raise ToolFailed("unavailable", str(error.details.get("reason", ""))) from None


def definition_fault(definition: HttpToolDefinition, hosts: frozenset[str]) -> tuple[str, str] | None:
    """(field, what is wrong), None when the tool may be saved."""
    places = set(_PLACE.findall(definition.url))
    in_url = {one.name for one in definition.arguments if one.where == "url"}
    bare = _PLACE.sub("0", definition.url)
    try:
        host = authority(bare)
    except AddressRefused:
        return "url", "not an address that can be asked"
    checks = (
        (
            _PLACE.search(urlsplit(definition.url).netloc) is None and not set("{}") & set(bare),
            ("url", "the host is fixed; {name} may stand in the path and the query only"),
        ),
        (host in hosts, ("url", "this host is not on the list of allowed hosts")),
        (places == in_url, ("arguments", "each {name} of the address needs an argument in the url, and the other way round")),
        (not any(name.lower() in _OURS for name in definition.headers), ("headers", "this header is set by the server")),
        (
            all(one.required for one in definition.arguments if one.where == "url"),
            ("arguments", "what stands in the address is required"),
        ),
    )
    return next((fault for fine, fault in checks if not fine), None)


def authority(url: str) -> str:
    """The host of an address as the list of hosts writes it."""
    return checked_url(url).authority


def spec_of(definition: HttpToolDefinition) -> ToolSpec:
    """The tool in the registry."""
    return ToolSpec(
        name=definition.name,
        title=definition.title,
        description=definition.description,
        writes=definition.writes,
        arguments=[
            ToolField(name=one.name, type=one.type, required=one.required, description=one.description)
            for one in definition.arguments
        ],
        results=[ToolField(name=one.name, type=one.type) for one in definition.results],
        kind="http",
    )


def request_of(definition: HttpToolDefinition, secrets: Mapping[str, str], call: ToolCall) -> OutboundRequest:
    """The request of a call. Raises ToolFailed for arguments that are missing or of another type."""
    given = {one.name: _given(one, call.arguments.get(one.name)) for one in definition.arguments}
    where = {one.name: one.where for one in definition.arguments}
    url = _PLACE.sub(lambda match: _in_path(match[1], given.get(match[1])), definition.url)
    query = "&".join(f"{name}={_quoted(value)}" for name, value in given.items() if where[name] == "query" and value is not None)
    if query:
        url += ("&" if "?" in url else "?") + query
    body = {name: value for name, value in given.items() if where[name] == "body" and value is not None}
    headers = {
        **definition.headers,
        **secrets,
        "Accept": "application/json",
        "Qiao-Customer": quote(call.customer.external_id or "", safe="@.-_ "),
        **({"Content-Type": "application/json"} if body else {}),
        **({"Idempotency-Key": call.key} if definition.writes else {}),
    }
    return OutboundRequest(
        url=url,
        method=definition.method,
        headers=headers,
        body=msgspec.json.encode(body) if body else b"",
        timeout=TOOL_SECONDS - 0.2,
        max_bytes=MAX_BYTES,
    )


def kept(definition: HttpToolDefinition, answer: OutboundAnswer) -> dict[str, Any]:
    """What is kept of an answer. Raises ToolFailed for a status that is no success, and for what is not as agreed."""
    if not 200 <= answer.status < 300:
        fault = _FAULTS.get(answer.status, "unavailable")
        raise ToolFailed(fault, str(answer.status))  # pyright: ignore[reportArgumentType] - the table holds faults only
    try:
        found = msgspec.json.decode(answer.body) if answer.body else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ToolFailed("unavailable", "broken") from None
    values = {one.name: _typed(one, look_up({"answer": found}, f"answer.{one.path}")) for one in definition.results}
    if len(msgspec.json.encode(values)) > MAX_RESULT:
        raise ToolFailed("unavailable", "too_large")
    return values


def _given(argument: HttpArgument, value: Any) -> Any:
    if value is None or value == "":
        if argument.required:
            raise ToolFailed("invalid", field=argument.name)
        return None
    fits = {
        "text": isinstance(value, str | int | float),
        "number": isinstance(value, int | float),
        "yes_no": isinstance(value, bool),
    }
    if not fits[argument.type]:
        raise ToolFailed("invalid", field=argument.name)
    return str(value)[:2_000] if argument.type == "text" else value


def _in_path(name: str, value: Any) -> str:
    text = _quoted(value)
    # What stands alone between slashes must not lead upwards.
    if text.strip(".") == "":
        raise ToolFailed("invalid", field=name)
    return text


def _quoted(value: Any) -> str:
    return quote(str(value).lower() if isinstance(value, bool) else str(value), safe="")


def _typed(result: HttpResult, value: Any) -> Any:
    kinds: Mapping[str, Any] = {"text": str | int | float, "number": int | float, "yes_no": bool, "list": list, "object": dict}
    if value is None:
        return None
    if not isinstance(value, kinds[result.type]) or (result.type in {"number", "text"} and isinstance(value, bool)):
        raise ToolFailed("unavailable", f"type:{result.name}")
    return str(value)[:4_000] if result.type == "text" else value


def shown_headers(secrets: Mapping[str, str]) -> Sequence[str]:
    """The names of headers whose values are secret."""
    return sorted(secrets)
