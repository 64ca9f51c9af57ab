"""What a simulator understands of the calls that it gets."""

import httpx

from qiao.ports.testing.simulating import Asked, Part


def asked(request: httpx.Request) -> Asked:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(request.method, request.url.path, dict(request.url.params), headers, request.read())


def test_files_and_fields_of_a_multipart_body_are_told_apart():
    data = b"\x00\r\n\r\n--not a boundary\r\n" + bytes(range(256))
    sent = httpx.Request(
        "POST",
        "http://p.test/x",
        data={"chat": "茶"},
        files={"photo": ("茶杯 1.png", data, "image/png"), "empty": ("e", b"", "a/b")},
    )
    assert asked(sent).parts() == {
        "chat": Part(data="茶".encode()),
        "photo": Part(data=data, filename="茶杯 1.png", content_type="image/png"),
        "empty": Part(data=b"", filename="e", content_type="a/b"),
    }


def test_another_body_has_no_parts():
    assert asked(httpx.Request("POST", "http://p.test/x", json={"a": 1})).parts() == {}
    assert asked(httpx.Request("POST", "http://p.test/x", data={"a": "b"})).form() == {"a": "b"}
    assert asked(httpx.Request("POST", "http://p.test/x", content=b"\xff{")).json() is None
