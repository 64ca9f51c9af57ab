"""Query parameters: only those that a route reads. A misspelt filter is an error, not a list of everything."""

from typing import Any

from litestar import Request
from litestar.params import ParameterKwarg
from litestar.typing import FieldDefinition

from qiao.kit.errors import QiaoError

_DESCRIBED = ("/api/v1/", "/visitor/v1/")


class UnknownParameter(QiaoError):
    """The address asks for something the route does not read; `details["parameters"]` names what."""

    code = "qiao.unknown_parameter"
    status = 400


async def known_parameters_only(request: Request[Any, Any, Any]) -> None:
    """Runs before every route. Pages for browsers take any parameter, as links from elsewhere carry many. Raises UnknownParameter."""
    if not request.query_params or not request.url.path.startswith(_DESCRIBED):
        return
    handler = request.route_handler
    given_by_us = handler.resolve_dependencies()
    read = {_asked_as(name, field) for name, field in handler.parsed_fn_signature.parameters.items() if name not in given_by_us}
    unknown = sorted(set(request.query_params) - read)
    if unknown:
        raise UnknownParameter(
            "this route does not read all of these parameters", parameters=[name[:60] for name in unknown[:10]]
        )


def _asked_as(name: str, field: FieldDefinition) -> str:
    definition = field.kwarg_definition
    return (definition.query if isinstance(definition, ParameterKwarg) else None) or name
