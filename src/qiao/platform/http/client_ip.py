"""The address of the client, believing X-Forwarded-For only from proxies that the operator named."""

from litestar.types import Scope


def client_ip(scope: Scope, trusted: frozenset[str]) -> str:
    """The nearest address that is not a trusted proxy."""
    client = scope.get("client")
    address = client[0] if client else ""
    if address not in trusted:
        return address
    # Some proxies add a line of their own below what the client sent: all lines count, in order.
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for hop in reversed(",".join(lines).split(",")):
        address = hop.strip() or address
        if address not in trusted:
            break
    return address[:64]
