"""Who asks: the nearest address that is not a proxy the operator named, whatever the client wrote itself."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.http.client_ip import client_ip, network_of

PROXIES = frozenset({"10.0.0.1", "10.0.0.2"})


def asked(client: str | None, *forwarded: str, trusted: frozenset[str] = PROXIES) -> str:
    headers = [(b"host", b"desk.example"), *((b"x-forwarded-for", line.encode("latin-1")) for line in forwarded)]
    return client_ip({"client": (client, 1) if client else None, "headers": headers}, trusted)


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("1.2.3.4, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", ("1.2.3.4", "198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", ("1.2.3.4, 10.0.0.2, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("10.0.0.2",), "10.0.0.2"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", (" , ,",), "10.0.0.1"),
        (None, ("198.51.100.1",), ""),
        ("10.0.0.1", ("<img src=x onerror=alert(1)>",), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1, unknown, 10.0.0.2",), "10.0.0.2"),
        ("10.0.0.1", ("2001:db8::1",), "2001:db8::1"),
    ],
)
def test_the_nearest_stranger_is_the_client(client, forwarded, address):
    assert asked(client, *forwarded) == address


def test_without_named_proxies_nobody_speaks_for_others():
    assert asked("10.0.0.1", "198.51.100.1", trusted=frozenset()) == "10.0.0.1"


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=80), max_size=5))
def test_what_a_client_writes_before_its_own_address_changes_nothing(written: list[str]):
    line = ",".join([*written, "198.51.100.1"])
    assert asked("10.0.0.1", line) == "198.51.100.1"


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_what_is_believed_is_an_address(text: str):
    ip_address(asked("10.0.0.1", text).partition("%")[0])


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("x\nERROR", ""),
    ],
)
def test_a_network_is_told_and_nobody_in_it(address, network):
    assert network_of(address) == network
