"""Who the cookie says is calling, on requests and sockets alike."""

from uuid import uuid4

import pytest

from qiao.kit.ids import PersonId, WorkspaceId
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import Authentication, session_token

ANN = Caller(
    workspace_id=WorkspaceId(uuid4()),
    person_id=PersonId(uuid4()),
    session_id=uuid4(),
    name="Ann",
    role="agent",
    permissions=frozenset(),
    locale="zh",
)


async def _seen(kind, *cookies):
    """The scope that the application behind the middleware sees."""
    seen, asked = {}, []

    async def app(scope, _receive, _send):
        seen.update(scope)

    async def resolve(token):
        asked.append(token)
        return {"ann": ANN}.get(token)

    scope = {"type": kind, "headers": [(b"cookie", cookie) for cookie in cookies]}
    await Authentication(app, resolve)(scope, None, None)
    return seen, asked


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_cookie_says_who_calls(kind):
    seen, _asked = await _seen(kind, b"theme=dark; qiao_session=ann; x=1")
    assert (seen["user"], seen["auth"]) == (ANN, "ann")


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_an_unknown_token_is_nobody(kind):
    seen, asked = await _seen(kind, b"qiao_session=eve")
    assert (seen["user"], seen["auth"], asked) == (None, None, ["eve"])


async def test_without_a_cookie_nobody_is_asked_for():
    seen, asked = await _seen("http")
    assert (seen["user"], asked) == (None, [])


async def test_what_is_no_request_passes_untouched():
    seen, asked = await _seen("lifespan", b"qiao_session=ann")
    assert "user" not in seen
    assert asked == []


@pytest.mark.parametrize(
    ("cookie", "token"),
    [
        (b"qiao_session=ann", "ann"),
        (b'qiao_session="ann"', "ann"),
        (b"a=b;qiao_session=ann", "ann"),
        (b"qiao_session=", ""),
        (b"qiao_session=ann; qiao_session=eve", None),
        (b"xqiao_session=ann", None),
        (b"qiao_session", None),
        (b"\xff\xfe=1; qiao_session=ann", "ann"),
        (b"qiao_session=" + b"a" * 9_000, None),
    ],
)
def test_the_token_is_read_from_the_header(cookie, token):
    assert session_token([(b"host", b"desk.example"), (b"cookie", cookie)]) == token
