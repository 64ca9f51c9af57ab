"""Every error leaves as problem details (RFC 9457) with a stable code; what is not ours leaves as an opaque 500 and a log line."""

from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from qiao.kit.errors import Invalid, QiaoError
from qiao.platform.db.database import LOST, TRANSIENT, DatabaseUnavailable
from qiao.platform.db.room import storage_full
from qiao.platform.http.refused import TOLD, Why, explain, route_of, who

MEDIA_TYPE = "application/problem+json"

_log = structlog.get_logger("qiao.http")


def problem_body(error: QiaoError) -> dict[str, Any]:
    """The members of the answer; also the body of refused sockets."""
    return {
        **error.details,
        "type": f"urn:qiao:{error.code}",
        "title": type(error).__name__,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
    }


def answer_qiao_error(request: Request[Any, Any, Any], error: QiaoError) -> Response[Any]:
    """Answer an expected outcome."""
    explain(request.scope, error)
    headers = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else {}
    return Response(problem_body(error), status_code=error.status, media_type=MEDIA_TYPE, headers=headers)


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework refused: an unknown route, a body that does not fit its schema."""
    status = 422 if isinstance(error, ValidationException) or _of_body(error) else error.status_code
    code = "qiao.invalid" if status == 422 else TOLD.get(status, "qiao.error")
    explain(request.scope, Why(code, malformed=status == 422))
    body: dict[str, Any] = {
        "type": f"urn:qiao:{code}",
        "title": "Invalid" if status == 422 else "Refused",
        "status": status,
        "code": code,
    }
    body["detail"] = error.detail if status < 500 else "something went wrong on our side"
    extra = error.extra
    if isinstance(extra, list):
        body["fields"] = {str(item.get("key", "")): str(item.get("message", "")) for item in extra if isinstance(item, dict)}
    return Response(body, status_code=status, media_type=MEDIA_TYPE)


def _of_body(error: HTTPException) -> bool:
    # A wrong field of a body that is named like an injected part is taken by the framework for a fault of that part.
    return isinstance(error.__cause__, msgspec.ValidationError) and "$.data." in str(error.__cause__)


def _where(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"method": request.method, "route": route_of(request.scope), **who(request.scope)}


def answer_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a bug: log it whole, tell nothing."""
    _log.error("unhandled error", **_where(request), exc_info=error)
    body = {
        "type": "urn:qiao:qiao.bug",
        "title": "Error",
        "status": 500,
        "code": "qiao.bug",
        "detail": "something went wrong on our side",
    }
    return Response(body, status_code=500, media_type=MEDIA_TYPE)


def answer_database(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer what PostgreSQL said: a value it cannot hold is the caller's, a lost connection passes, the rest is a bug."""
    if isinstance(error, asyncpg.DataError):
        # Its words would be those of the caller.
        _log.warning("value not stored", **_where(request), error=type(error).__name__)
        return answer_qiao_error(request, Invalid("a value of the request cannot be stored"))
    if isinstance(error, asyncpg.DiskFullError):
        _log.warning("disk of the database full", **_where(request), error=str(error))
        return answer_qiao_error(request, storage_full())
    if isinstance(error, (*TRANSIENT, *LOST)):
        _log.warning("database away", **_where(request), error=str(error))
        return answer_qiao_error(request, DatabaseUnavailable("the database does not answer; try again", retry_after=1))
    return answer_bug(request, error)


def answer_malformed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a body that is not what its schema says, or nested deeper than anybody writes."""
    explain(request.scope, Why("qiao.invalid", malformed=True))
    body = {
        "type": "urn:qiao:qiao.invalid",
        "title": "Invalid",
        "status": 422,
        "code": "qiao.invalid",
        "detail": str(error)[:300],
    }
    return Response(body, status_code=422, media_type=MEDIA_TYPE)
