"""The endpoint over real HTTP: good, slow, broken, cut, refusing, huge, never ending; and the key, which goes nowhere else."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from qiao.kit.errors import QiaoError
from qiao.ports.llm import Chat, ChatMessage, LlmMalformed, LlmRefused, LlmTooLong, LlmUnavailable, Usage
from qiao.ports.testing.llm_endpoint import (
    Behaviour,
    FakeEndpoint,
    cut,
    dripping,
    fake_endpoint,
    flooding,
    murmuring,
    raw,
    says,
    sends,
    slow,
    status,
    whole,
)
from qiao.providers.llm_openai import OpenAiModel

pytestmark = pytest.mark.slow

KEY = "sk-canary-0123456789"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def model(endpoint: FakeEndpoint) -> AsyncIterator[OpenAiModel]:
    model = OpenAiModel(endpoint.url, KEY, "wise-1")
    yield model
    await model.close()


def chat(seconds: float = 2.0) -> Chat:
    return Chat(messages=(ChatMessage("system", "rules"), ChatMessage("user", "运费多少")), seconds=seconds)


async def read(model: OpenAiModel, seconds: float = 2.0) -> tuple[str, Usage]:
    *pieces, usage = [piece async for piece in model.chat(chat(seconds))]
    assert isinstance(usage, Usage)
    return "".join(map(str, pieces)), usage


async def test_pieces_come_as_they_are_written_and_usage_last(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(says("满 199 元包邮。[1]", usage=(321, 12)))
    pieces = [piece async for piece in model.chat(chat())]
    assert "".join(map(str, pieces[:-1])) == "满 199 元包邮。[1]"
    assert (len(pieces) > 2, pieces[-1]) == (True, Usage(prompt_tokens=321, answer_tokens=12))


async def test_what_is_asked(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(says("a"))
    await read(model)
    request = endpoint.requests[0]
    assert request.head.startswith(b"POST /v1/chat/completions HTTP/1.1")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.json == {
        "model": "wise-1",
        "messages": [{"role": "system", "content": "rules"}, {"role": "user", "content": "运费多少"}],
        "max_tokens": 600,
        "temperature": 0.2,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_the_whole_address_may_be_given_and_no_key(endpoint: FakeEndpoint) -> None:
    endpoint.then(says("a"))
    model = OpenAiModel(endpoint.url + "/chat/completions", "", "m")
    assert (await read(model))[0] == "a"
    await model.close()
    assert "authorization" not in endpoint.requests[0].headers


async def test_an_endpoint_without_streams_or_usage(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(whole("at once"), says("four", usage=None))
    assert await read(model) == ("at once", Usage(prompt_tokens=9, answer_tokens=3))
    text, usage = await read(model)
    assert (text, usage.estimated, usage.total > 0) == ("four", True, True)


BAD: list[tuple[str, Behaviour, type[QiaoError]]] = [
    ("broken JSON", sends(b'data: {"choices": [{"del\n\n'), LlmMalformed),
    ("a cut stream", cut("half an ans"), LlmMalformed),
    ("nothing", sends(), LlmMalformed),
    ("no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), LlmMalformed),
    ("a page", status(200, b"<html>sign in</html>"), LlmMalformed),
    ("compressed", status(200, b"x", ["Content-Encoding: gzip"]), LlmMalformed),
    ("500", status(500), LlmUnavailable),
    ("503", status(503, headers=["Retry-After: 7"]), LlmUnavailable),
    ("401", status(401, b'{"error": {"message": "Incorrect API key: ' + KEY.encode() + b'"}}'), LlmRefused),
    ("404", status(404), LlmRefused),
    ("too long a prompt", status(400, b'{"error": {"code": "context_length_exceeded"}}'), LlmTooLong),
    ("a huge refusal", status(400, b"x" * 100_000), LlmRefused),
    ("elsewhere", status(302, headers=["Location: http://127.0.0.1:9/steal"]), LlmRefused),
    ("an endless line", flooding(b"data: " * 1_000), LlmMalformed),
    ("endless comments", flooding(b": x\n" * 1_000), LlmTooLong),
    ("an endless answer", flooding(b'data: {"choices": [{"delta": {"content": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}]}\n' * 50), LlmTooLong),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "behaviour", "error"), BAD, ids=[name for name, _, _ in BAD])
async def test_bad_endpoints_end_in_a_typed_error(
    endpoint: FakeEndpoint, model: OpenAiModel, _name: str, behaviour: Behaviour, error: type[QiaoError]
) -> None:
    endpoint.then(behaviour)
    with capture_logs() as logs, pytest.raises(error) as raised:
        await read(model, 5.0)
    told = f"{raised.value!r} {raised.value.details} {logs} {model!r}"
    assert KEY not in told
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("behaviour", [slow(5), murmuring(), dripping("never", 0.02)], ids=["silent", "murmuring", "dripping"])
async def test_nobody_waits_longer_than_asked(endpoint: FakeEndpoint, model: OpenAiModel, behaviour: Behaviour) -> None:
    endpoint.then(behaviour)
    started = time.monotonic()
    with pytest.raises(LlmUnavailable):
        await read(model, 0.4)
    assert time.monotonic() - started < 1.0


async def test_an_answer_that_does_not_begin_is_given_up_before_the_end(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(murmuring())
    started = time.monotonic()
    with pytest.raises(LlmUnavailable):
        await read(model, 1.6)
    assert 1.0 < time.monotonic() - started < 1.5


async def test_429_is_tried_once_more_within_the_time(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(status(429, headers=["Retry-After: 0"]), says("second"))
    assert (await read(model))[0] == "second"
    endpoint.then(status(429, headers=["Retry-After: 60"]), says("never"))
    with pytest.raises(LlmUnavailable) as raised:
        await read(model)
    assert raised.value.details["retry_after"] == 60
    endpoint.then(status(429), status(429, headers=["Retry-After: Sun, 22 Nov 2026 08:00:00 GMT"]))
    with pytest.raises(LlmUnavailable):
        await read(model)
    assert len(endpoint.requests) == 5


async def test_an_address_where_nobody_is_is_tried_twice_and_told() -> None:
    async with fake_endpoint() as gone:
        url = gone.url
    model = OpenAiModel(url, KEY, "m")
    started = time.monotonic()
    with pytest.raises(LlmUnavailable):
        await read(model, 1.0)
    await model.close()
    assert 0.2 <= time.monotonic() - started < 1.0


async def test_leaving_early_lets_the_connection_go(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(dripping("never", 0.01))
    stream = model.chat(chat())
    assert await anext(stream) == "n"
    await stream.aclose()
    endpoint.then(says("fresh"))
    assert (await read(model))[0] == "fresh"


async def test_many_at_once(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(says(lambda request: request.json["model"]))
    answers = await asyncio.gather(*(read(model) for _ in range(20)))
    assert {text for text, _ in answers} == {"wise-1"}


async def test_closing_twice_is_fine_and_asking_after_it_too(endpoint: FakeEndpoint, model: OpenAiModel) -> None:
    endpoint.then(says("a"))
    await read(model)
    await model.close()
    await model.close()
    assert (await read(model))[0] == "a"


async def test_the_key_is_in_no_log_of_the_http_client(
    endpoint: FakeEndpoint, model: OpenAiModel, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.then(says("a"))
    with caplog.at_level(logging.DEBUG):
        await read(model)
    assert all(KEY not in record.getMessage() for record in caplog.records)
