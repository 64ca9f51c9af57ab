"""Built files reach a browser as they were built."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.testing import TestClient

from qiao.app.asgi import make_litestar
from qiao.app.faces import SHORT, Faces
from qiao.app.pages import COMPRESSED, PageController

pytestmark = pytest.mark.slow

SCRIPT = "console.log('桥');" * 200


def built(folder: Path) -> Faces:
    for name, text in (("console/index.html", "<p>hello</p>"), ("widget/qiao.js", SCRIPT)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        Path(f"{path}.gz").write_bytes(gzip.compress(text.encode()))
    return Faces(folder)


def client(folder: Path) -> TestClient[Litestar]:
    faces = built(folder)

    @get("/loader.js", opt=PageController.opt)
    async def loader(request: Request[Any, Any, Any]) -> Response[Any]:
        return faces.answer(request, "widget/qiao.js", cache=SHORT) or Response(b"")

    return TestClient(Litestar([loader], compression_config=CompressionConfig(backend="gzip", exclude_opt_key=COMPRESSED)))


def test_a_compressed_file_is_not_compressed_again(tmp_path: Path) -> None:
    with client(tmp_path) as browser:
        answer = browser.get("/loader.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].count("charset") == 1
    assert answer.text == SCRIPT


def test_one_who_takes_no_compression_gets_the_plain_file(tmp_path: Path) -> None:
    with client(tmp_path) as browser:
        answer = browser.get("/loader.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.text == SCRIPT


def test_the_house_leaves_built_files_alone() -> None:
    app = make_litestar()
    config = app.compression_config
    assert config is not None
    assert config.exclude_opt_key == COMPRESSED
