"""Logs are lines for machines or people, and no secret is in them."""

import json
import logging

import pytest
import structlog
from prometheus_client import generate_latest

from qiao.platform.observe.logs import set_up_logs
from qiao.platform.observe.metrics import REQUEST_SECONDS, REQUESTS, SOCKETS
from qiao.platform.observe.sink import LogSink


class Written:
    """What was written to the terminal's error stream so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._text = capsys, ""
        self.sink: LogSink | None = None

    def set_up(self, level: str, log_format: str) -> None:
        self.sink = set_up_logs(level, log_format)

    def getvalue(self) -> str:
        assert self.sink
        assert self.sink.finish(5)
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]):
    """The error stream; logging is as it was afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield Written(capsys)
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(written: Written) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_for_machines_is_json_with_level_and_time(written):
    written.set_up("info", "json")
    structlog.get_logger("t").info("saved", workspace="兰亭", count=3)
    (line,) = lines(written)
    assert (line["event"], line["level"], line["workspace"], line["count"]) == ("saved", "info", "兰亭", 3)
    assert "兰亭" in written.getvalue()
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "secret",
        "identity_secret",
        "llm_key",
        "api_key",
        "token",
        "session_token",
        "cookie",
        "Set-Cookie",
        "Authorization",
        "identity",
    ],
)
def test_a_secret_is_not_written(written, name):
    written.set_up("info", "json")
    structlog.get_logger("t").info("signed in", **{name: "canary-9917"})
    assert "canary-9917" not in written.getvalue()
    assert lines(written)[0][name] == "***"


def test_nor_one_inside_of_something_else(written):
    written.set_up("info", "json")
    structlog.get_logger("t").info("asked", headers={"authorization": "Bearer canary-9917", "host": "desk.example"})
    assert "canary-9917" not in written.getvalue()
    assert lines(written)[0]["headers"] == {"authorization": "***", "host": "desk.example"}


def test_below_the_level_nothing_is_written(written):
    written.set_up("warning", "json")
    structlog.get_logger("t").info("chatter")
    structlog.get_logger("t").warning("heard")
    assert [line["event"] for line in lines(written)] == ["heard"]


def test_a_bug_is_written_whole(written):
    written.set_up("info", "json")
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        structlog.get_logger("t").error("unhandled error", exc_info=error)
    assert "ZeroDivisionError" in lines(written)[0]["exception"]


def test_lines_for_people_are_not_json(written):
    written.set_up("info", "text")
    structlog.get_logger("t").info("ready", token="canary-9917")
    assert "ready" in written.getvalue()
    assert "canary-9917" not in written.getvalue()
    assert not written.getvalue().startswith("{")


def test_figures_carry_no_names():
    REQUESTS.labels("GET", "2xx").inc()
    REQUEST_SECONDS.observe(0.01)
    SOCKETS.set(3)
    told = generate_latest().decode()
    assert "qiao_sockets 3.0" in told
    assert set(REQUESTS._labelnames) == {"method", "status"}
    assert REQUEST_SECONDS._labelnames == ()


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_nobody_forges_a_line(written, log_format):
    """What customers send may hold line ends and what terminals obey: it stays in its value, written as signs."""
    written.set_up("info", log_format)
    forged = 'x\n2026-11-23 [error    ] broken\r\n{"event":"forged"}\x1b[2K\x1b[31m'
    structlog.get_logger("t").info("saved", name=forged)
    text = written.getvalue().rstrip("\n")
    assert "\n" not in text and "\r" not in text
    assert "\x1b[2K" not in text and "\x1b[31m" not in text
