"""The address of the client, believing X-Forwarded-For only from proxies that the operator named."""

from collections.abc import Mapping

from litestar.types import Scope


def client_ip(scope: Scope, headers: Mapping[str, str], trusted: frozenset[str]) -> str:
    """The nearest address that is not a trusted proxy."""
    client = scope.get("client")
    address = client[0] if client else ""
    if address not in trusted:
        return address
    for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
        address = hop.strip() or address
        if address not in trusted:
            break
    return address[:64]
