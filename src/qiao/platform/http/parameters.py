"""What comes with a request: only query parameters that a route reads, each once, and JSON that says that it is JSON.

A misspelt filter is an error, not a list of everything; of two values what stands before us could judge the one while we read the other;
and pages of other sites may send text and forms without asking first, but no JSON.
"""

from typing import Any

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, ParameterKwarg
from litestar.typing import FieldDefinition

from qiao.kit.errors import QiaoError

_DESCRIBED = ("/api/v1/", "/visitor/v1/")


_OURS = frozenset({"request", "scope", "state"})
"""Names under which the framework hands in what it has itself."""


class UnknownParameter(QiaoError):
    """The address asks for something the route does not read; `details["parameters"]` names what."""

    code = "qiao.unknown_parameter"
    status = 400


class RepeatedParameter(QiaoError):
    """The address gives several values for what is one; `details["parameters"]` names what."""

    code = "qiao.repeated_parameter"
    status = 400


class NotJson(QiaoError):
    """The body does not say that it is JSON, which is what the route reads."""

    code = "qiao.unsupported_media_type"
    status = 415


async def as_described(request: Request[Any, Any, Any]) -> None:
    """Runs before every route of the APIs. Pages for browsers take any parameter, as links from elsewhere carry many. Raises
    UnknownParameter, RepeatedParameter, NotJson.
    """
    if request.url.path.startswith(_DESCRIBED):
        _json_is_json(request)
        if request.query_params:
            _known_parameters_only(request)


def _json_is_json(request: Request[Any, Any, Any]) -> None:
    body = request.route_handler.parsed_data_field
    if body is None or request.content_type[0] == RequestEncodingType.JSON:
        return
    described = body.kwarg_definition
    forms = isinstance(described, BodyKwarg) and described.media_type != RequestEncodingType.JSON
    if not forms and (request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers):
        raise NotJson("this route reads application/json")


def _known_parameters_only(request: Request[Any, Any, Any]) -> None:
    handler = request.route_handler
    given_by_us = handler.resolve_dependencies()
    parameters = dict(handler.parsed_fn_signature.parameters)
    # Parameters that several routes share stand in what they depend on.
    for shared in parameters.keys() & given_by_us.keys():
        parameters |= given_by_us[shared].parsed_fn_signature.parameters
    read = {_asked_as(name, field): field for name, field in parameters.items() if name not in given_by_us and name not in _OURS}
    unknown = sorted(set(request.query_params) - set(read))
    if unknown:
        raise UnknownParameter(
            "this route does not read all of these parameters", parameters=[name[:60] for name in unknown[:10]]
        )
    repeated = sorted(
        name for name, values in request.query_params.dict().items() if len(values) > 1 and not _is_list(read[name])
    )
    if repeated:
        raise RepeatedParameter("this route reads one value of each of these parameters", parameters=repeated[:10])


def _is_list(field: FieldDefinition) -> bool:
    return any(one.is_non_string_collection for one in (field, *field.inner_types))


def _asked_as(name: str, field: FieldDefinition) -> str:
    definition = field.kwarg_definition
    return (definition.query if isinstance(definition, ParameterKwarg) else None) or name
