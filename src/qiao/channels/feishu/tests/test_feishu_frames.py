"""Frames of the long connection against protocol buffers as the platform's library has them, and against nonsense."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.feishu import frames
from qiao.channels.feishu.long_connection import MAX_PARTS, MAX_WAITING, Parts
from qiao.kit.errors import Invalid

pytestmark = pytest.mark.property
WORDS = st.text(max_size=20)
NUMBERS = st.integers(0, 2**64 - 1)
FRAMES = st.builds(
    frames.Frame,
    sequence=NUMBERS,
    log=NUMBERS,
    service=st.integers(0, 2**31 - 1),
    method=st.sampled_from([0, 1]),
    headers=st.dictionaries(WORDS, WORDS, max_size=5),
    payload=st.binary(max_size=300),
    log_name=st.none() | st.text(min_size=1, max_size=9),
)


@given(FRAMES)
def test_what_is_written_is_read(frame):
    assert frames.read(frames.written(frame)) == frame


@given(st.binary(max_size=80))
def test_any_bytes_are_a_frame_or_none(data):
    try:
        frame = frames.read(data)
    except Invalid:
        return
    assert isinstance(frame.payload, bytes)


@given(FRAMES, st.data())
def test_a_frame_that_was_cut_is_none_or_an_earlier_part(frame, data):
    whole = frames.written(frame)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        read = frames.read(cut)
    except Invalid:
        return
    assert set(read.headers.items()) <= set(frame.headers.items())


def test_what_is_not_known_is_passed_over():
    extra = b"\x51" + b"\x00" * 8 + b"\x5d" + b"\x00" * 4 + b"\x62\x02hi"
    assert frames.read(frames.written(frames.Frame(service=7)) + extra) == frames.Frame(service=7)


@pytest.mark.slow
def test_the_platforms_library_reads_what_we_write_and_we_what_it_writes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lark_oapi.ws.pb.pbbp2_pb2 import Frame

    own = frames.Frame(
        sequence=2**40, log=3, service=7, method=1, headers={"type": "event", "名": "值"}, payload=b"\x00{}", log_name="l"
    )
    theirs = Frame()
    theirs.ParseFromString(frames.written(own))
    assert (theirs.SeqID, theirs.service, theirs.payload, theirs.LogIDNew) == (2**40, 7, b"\x00{}", "l")
    assert [(one.key, one.value) for one in theirs.headers] == [("type", "event"), ("名", "值")]
    assert frames.read(theirs.SerializeToString()) == own


def part(name, place, count, payload=b"x"):
    headers = {"message_id": name, "sum": str(count), "seq": str(place), "type": "event"}
    return frames.Frame(method=1, headers=headers, payload=payload)


@given(st.permutations(range(5)))
def test_parts_make_a_whole_in_whatever_order_they_come(order):
    parts = Parts()
    told = [parts.whole(part("m", place, 5, bytes([65 + place]))) for place in order]
    assert told == [None] * 4 + [b"ABCDE"]


def test_parts_of_two_events_are_kept_apart():
    parts = Parts()
    told = [parts.whole(part(name, place, 2, name.encode())) for place in (0, 1) for name in ("a", "b")]
    assert told == [None, None, b"aa", b"bb"]


@pytest.mark.parametrize(("place", "count"), [("0", MAX_PARTS + 1), ("9", 2), ("2", 2)])
def test_parts_that_make_no_sense_are_left_out(place, count):
    assert Parts().whole(part("m", place, count)) is None


def test_what_never_becomes_whole_is_forgotten():
    parts = Parts()
    for number in range(MAX_WAITING * 3):
        assert parts.whole(part(f"m{number}", 0, 2)) is None
    assert len(parts._waiting) <= MAX_WAITING


@pytest.mark.parametrize("headers", [{}, {"sum": "nonsense"}, {"sum": "1", "seq": "x"}, {"sum": "²"}])
def test_what_says_nothing_of_parts_is_whole(headers):
    assert Parts().whole(frames.Frame(headers=headers, payload=b"{}")) == b"{}"
