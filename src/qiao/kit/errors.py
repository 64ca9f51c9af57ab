"""The one root of every error Qiao raises on purpose.

Whatever is not a QiaoError is a bug: it is logged whole and answered with an opaque 500.
"""

from typing import ClassVar


class QiaoError(Exception):
    """An expected outcome that is not success.

    `code` is stable and dotted (`conversations.not_found`); faces translate it. `message` is plain English for logs and
    integrators and carries no secret. `details` holds small JSON values that a face may show (limits, rows, fields).
    """

    code: ClassVar[str] = "qiao.error"
    status: ClassVar[int] = 400

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message or self.code)
        self.message = message or self.code
        self.details = details
        self.logged: dict[str, object] = {}
        """What the log says of it besides: ids and digests, which nobody is shown."""


class Refused(QiaoError):
    """The caller may not do this; also the answer to a wrong or missing proof of identity."""

    code = "auth.refused"
    status = 403


class Unauthenticated(QiaoError):
    """Nobody is signed in, or the session has ended."""

    code = "auth.unauthenticated"
    status = 401


class NotFound(QiaoError):
    """No such thing in this workspace. The same answer is given for things of other workspaces."""

    code = "qiao.not_found"
    status = 404


class Conflict(QiaoError):
    """The thing changed, or is taken. Reload and decide again."""

    code = "qiao.conflict"
    status = 409


class Invalid(QiaoError):
    """The input breaks a rule; `details` names the field."""

    code = "qiao.invalid"
    status = 422


class TooLarge(QiaoError):
    """Over a stated bound; `details` holds the bound."""

    code = "qiao.too_large"
    status = 413


class TooMany(QiaoError):
    """Over a rate or a queue bound. Retry after `details["retry_after"]` seconds."""

    code = "qiao.too_many"
    status = 429


class Unavailable(QiaoError):
    """A part Qiao needs is not there now. Safe to retry after `details["retry_after"]` seconds."""

    code = "qiao.unavailable"
    status = 503
