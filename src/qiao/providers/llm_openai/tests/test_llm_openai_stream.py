"""The stream of a chat completion: however it is cut into packets it reads the same, and nothing else is believed."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.ports.llm import LlmMalformed, LlmRefused, LlmTooLong, LlmUnavailable, Usage
from qiao.providers.llm_openai.stream import MAX_ANSWER, MAX_LINE, MAX_TOTAL, StreamReader, read_whole, refusal


def event(**chunk: object) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def said(text: str) -> bytes:
    return event(choices=[{"delta": {"content": text}}])


def read(*packets: bytes) -> tuple[str, StreamReader]:
    reader = StreamReader()
    text = "".join(piece for packet in packets for piece in reader.feed(packet))
    return text, reader


@given(
    st.lists(st.text(max_size=20), max_size=8), st.lists(st.integers(0, 400), max_size=12), st.sampled_from(["\n", "\r\n", "\r"])
)
def test_packets_may_end_anywhere(texts: list[str], cuts: list[int], ending: str) -> None:
    whole = (b"".join(map(said, texts)) + b"data: [DONE]\n\n").replace(b"\n", ending.encode())
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    packets = [whole[start:stop] for start, stop in pairwise(places)]
    text, reader = read(*packets)
    # A last CR may be the first half of CRLF; either way the line has ended.
    assert (text, reader.done) == ("".join(texts), True)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    try:
        read(noise, b"data: " + noise + b"\n")
    except (LlmMalformed, LlmTooLong, LlmRefused, LlmUnavailable) as error:
        assert error.code.startswith("llm.")


def test_comments_other_fields_and_empty_data_say_nothing() -> None:
    text, _ = read(b": hi\nevent: x\nid: 7\nretry: 1\ndata:\ndata: \n", said("a"), b"nonsense\n")
    assert text == "a"


def test_usage_comes_with_the_last_chunk() -> None:
    _, reader = read(said("a"), event(choices=[], usage={"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}))
    assert reader.usage == Usage(prompt_tokens=12, answer_tokens=3)


@pytest.mark.parametrize("tokens", [-1, 1.5, "9", 10**12, None])
def test_a_usage_that_cannot_be_is_malformed(tokens: object) -> None:
    with pytest.raises(LlmMalformed):
        read(event(choices=[], usage={"prompt_tokens": tokens, "completion_tokens": 1}))


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b'"text"', b"7", b'{"choices": 7}', b'{"choices": [{"delta": {"content": 7}}]}', b"\xff\xfe", b"[" * 90_000],
)
def test_what_is_no_chunk_is_malformed(data: bytes) -> None:
    with pytest.raises(LlmMalformed):
        read(b"data: " + data[: MAX_LINE - 10] + b"\n")


def test_after_the_end_nothing_is_read() -> None:
    text, _ = read(said("a"), b"data: [DONE]\n", said("b"), b"data: {\n")
    assert text == "a"


def test_a_cut_stream_is_malformed_and_a_finished_one_is_not() -> None:
    _, cut = read(said("a"))
    with pytest.raises(LlmMalformed):
        cut.end()
    _, finished = read(event(choices=[{"delta": {}, "finish_reason": "stop"}]))
    finished.end()


def test_an_endless_line_is_malformed() -> None:
    with pytest.raises(LlmMalformed):
        read(*[b"data: " + b"a" * 8_192] * 9)


def test_a_long_line_in_one_packet_is_malformed() -> None:
    with pytest.raises(LlmMalformed):
        read(b"data: " + b"a" * (MAX_LINE + 1) + b"\n")


def test_a_flood_of_comments_ends() -> None:
    with pytest.raises(LlmTooLong):
        read(*[b": x\n" * 1_000] * (MAX_TOTAL // 4_000 + 1))


def test_an_endless_answer_ends() -> None:
    with pytest.raises(LlmTooLong):
        read(*[said("a" * 1_000)] * (MAX_ANSWER // 1_000 + 1))


@pytest.mark.parametrize(("reason", "error"), [("length", LlmTooLong), ("content_filter", LlmRefused)])
def test_reasons_to_stop(reason: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(event(choices=[{"delta": {}, "finish_reason": reason}]))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("This model's maximum context length is 8192 tokens", LlmTooLong),
        ("Rate limit reached for requests", LlmUnavailable),
        ("Incorrect API key provided: sk-canary", LlmRefused),
        ("", LlmRefused),
    ],
)
def test_errors_mean_what_they_say_and_are_not_repeated(words: str, error: type[Exception]) -> None:
    told = refusal({"message": words}, 400)
    assert type(told) is error
    assert "canary" not in f"{told} {getattr(told, 'details', {})}"


def test_an_error_in_the_stream_is_an_error() -> None:
    with pytest.raises(LlmRefused):
        read(said("a"), event(error={"message": "no such model"}))


def test_an_answer_in_one_piece() -> None:
    body = {"choices": [{"message": {"content": "all of it"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 5}}
    assert read_whole(msgspec.json.encode(body)) == ("all of it", Usage(prompt_tokens=5, answer_tokens=0))


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"choices": []}'])
def test_no_answer_in_one_piece_is_malformed(body: bytes) -> None:
    with pytest.raises(LlmMalformed):
        read_whole(body)
