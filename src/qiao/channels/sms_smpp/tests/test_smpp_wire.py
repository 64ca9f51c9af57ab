"""PDUs and parts: what is written is read again, and no bytes break the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.sms_smpp import codec, pdu
from qiao.channels.sms_smpp.assembling import MAX_HELD, PATIENCE_SECONDS, Assembling
from qiao.channels.sms_smpp.simulator import Simulator
from qiao.kit.errors import Invalid, QiaoError
from qiao.ports.channel import InboundMessage, NeedsReauth, OutboundMessage, Rejected, Reported, Retry

ADDRESSES = st.sampled_from(["+8613900002001", "106900001", "LANTING", ""])


def deliver(one: pdu.Short, sequence: int = 1) -> pdu.Pdu:
    return pdu.Pdu(pdu.DELIVER_SM, 0, sequence, one.encode())


def part(text: str, reference: int, count: int, place: int, source: str = "+1") -> pdu.Pdu:
    data = bytes((5, 0, 3, reference, count, place)) + text.encode()
    return deliver(pdu.Short(source=source, destination="2", esm_class=pdu.UDH, data=data), place)


def texts(whole: list[list[pdu.Pdu]]) -> list[str]:
    return ["".join(codec.text_of(pdu.short(one.body)) for one in parts) for parts in whole]


SHORTS = st.builds(
    pdu.Short,
    source=ADDRESSES,
    destination=ADDRESSES,
    esm_class=st.sampled_from([0, 4, 64]),
    coding=st.sampled_from([0, 3, 8]),
    data=st.binary(min_size=1, max_size=140),
    tags=st.dictionaries(st.sampled_from([0x1E, 0x427, 0x1400]), st.binary(max_size=20)),
    registered=st.sampled_from([0, 1]),
)
PDUS = st.builds(pdu.Pdu, st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(0, 2**31), st.binary(max_size=50))


@given(SHORTS)
def test_a_message_comes_back(one):
    assert pdu.short(one.encode()) == one


@given(
    st.lists(
        st.builds(pdu.Pdu, st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(0, 2**31), st.binary(max_size=50)),
        max_size=5,
    )
)
def test_a_stream_comes_back(pdus):
    assert pdu.split(codec.joined(pdus)) == pdus


@given(st.binary(max_size=120))
def test_no_stream_breaks_the_reader(stream):
    try:
        codec.read(stream, "x", {})
    except QiaoError as error:
        assert error.code


@given(st.binary(max_size=160), st.sampled_from(["", "86"]))
def test_no_message_breaks_the_reader(body, country):
    try:
        told = codec.read(pdu.Pdu(pdu.DELIVER_SM, 0, 1, body).encode(), "x", {"country": country})
    except QiaoError:
        told = ()
    assert all(isinstance(one, InboundMessage | Reported) or one.sender.address for one in told)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1, max_size=1000), st.randoms())
def test_a_text_comes_back_from_its_parts_in_any_order(text, random):
    pdus = [deliver(one, place) for place, one in enumerate(Simulator.said("+8613900002001", text), start=1)]
    random.shuffle(pdus)
    assembling = Assembling()
    for one in pdus:
        assembling.take(one)
    (whole,) = assembling.whole()
    (message, *_) = codec.read(codec.joined(whole), "x", {})
    assert (message.text, message.notes) == (text, ())


def test_parts_of_several_people_do_not_mix():
    assembling = Assembling()
    for one in (part("a", 7, 2, 1), part("x", 7, 2, 1, "+2"), part("b", 7, 2, 2), part("y", 7, 2, 2, "+2")):
        assembling.take(one)
    assert texts(assembling.whole()) == ["ab", "xy"]


def test_a_part_that_comes_twice_is_one():
    assembling = Assembling()
    for one in (part("a", 7, 2, 1), part("a", 7, 2, 1), part("b", 7, 2, 2)):
        assembling.take(one)
    assert texts(assembling.whole()) == ["ab"]


def test_after_a_minute_what_is_there_is_taken_and_said_to_be_cut():
    now = [0.0]
    assembling = Assembling(lambda: now[0])
    assembling.take(part("a", 7, 3, 1))
    assembling.take(part("c", 7, 3, 3))
    assembling.take(None)
    assert assembling.whole() == []
    now[0] = PATIENCE_SECONDS + 1
    (whole,) = assembling.whole()
    (message,) = codec.read(codec.joined(whole), "x", {})
    assert (message.text, message.notes) == ("ac", ("cut",))


def test_what_is_held_is_bounded():
    assembling = Assembling()
    for number in range(MAX_HELD + 5):
        assembling.take(part("a", 7, 2, 1, f"+{number}"))
    assert len(assembling.whole()) == 5


@pytest.mark.parametrize(
    "header", [b"\x05\x00\x03\x07\x00\x00", b"\x05\x00\x03\x07\x02\x03", b"\x02\x24\x01\x00", b"\xff", b"\x05\x00\x09"]
)
def test_a_header_without_sense_ties_nothing(header):
    assert codec.belongs(pdu.Short(source="+1", destination="2", esm_class=pdu.UDH, data=header + b"text")) is None


def test_wide_references_are_read():
    data = bytes((6, 8, 4, 1, 2, 2, 1)) + b"x"
    one = pdu.Short(source="+1", destination="2", esm_class=pdu.UDH, data=data)
    assert codec.belongs(one) == (("+1", 258), 2, 1)
    assert codec.text_of(one) == "x"


@pytest.mark.parametrize("stream", [b"\0" * 8, b"\0\0\0\x04" + b"\0" * 12, b"\xff" * 16, b"\0\0\0\x11" + b"\0" * 12])
def test_what_is_no_smpp_is_refused(stream):
    with pytest.raises(Invalid):
        pdu.split(stream)


@pytest.mark.parametrize(
    ("status", "end"),
    [(0x58, Retry), (0x14, Retry), (0x08, Retry), (0x0E, NeedsReauth), (0x0D, NeedsReauth), (0x0B, Rejected), (0x45, Rejected)],
)
def test_each_status_has_its_meaning(status, end):
    assert isinstance(codec.refusal(status), end)


@pytest.mark.parametrize(
    ("number", "country", "written"),
    [("13900002001", "86", "+8613900002001"), ("008613900002001", "86", "+8613900002001"), ("8613900002001", "86", "+8613900002001"),
     ("07700900123", "44", "+447700900123"), ("+1202", "86", "+1202"), ("BANK", "86", "BANK"), ("13900002001", "", "13900002001")],
)  # fmt: skip
def test_numbers_are_written_as_abroad(number, country, written):
    one = pdu.Short(source=number, destination="2", data=b"x")
    (message,) = codec.read(deliver(one).encode(), "x", {"country": country})
    assert message.sender.address == written


def test_parts_of_one_message_share_a_reference_that_its_key_gives():
    message = OutboundMessage(key="k1", conversation_id=None, to="+1", text="中" * 100)
    first, again = codec.parts(message, "9"), codec.parts(message, "9")
    assert first == again
    assert {codec.belongs(one)[0][1] for one in first} == {first[0].data[3]}
    assert {one.registered for one in first} == {1}


def test_credentials_are_cut_to_what_the_protocol_holds():
    assert pdu.credentials(pdu.bind("s" * 40, "p" * 40)) == ("s" * 15, "p" * 8)
