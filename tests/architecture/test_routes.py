"""Routes: none without a guard, none that a guard does not name."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from qiao.app.asgi import make_litestar
from qiao.app.generate import generated

pytestmark = pytest.mark.slow

PUBLIC_DOC = "meant for everyone"


def handlers() -> Iterator[tuple[str, Any]]:
    for route in make_litestar().routes:
        for handler in getattr(route, "route_handlers", []):
            if isinstance(handler, HTTPRouteHandler) and not route.path.startswith("/api/schema"):
                yield f"{'/'.join(sorted(handler.http_methods))} {route.path}", handler


@pytest.mark.parametrize(("name", "handler"), list(handlers()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_route_names_a_guard(name: str, handler: Any) -> None:
    automatic_options = handler.http_methods == {"OPTIONS"}
    assert automatic_options or handler.resolve_guards(), name


@pytest.mark.parametrize(
    ("path", "text"), [(str(path), text) for path, text in generated().items()], ids=lambda value: str(value)[-40:]
)
def test_generated_files_are_fresh(path: str, text: str) -> None:
    with open(path, encoding="utf-8") as file:
        assert file.read() == text, "run ./dev gen"
