"""The address of the client, believing X-Forwarded-For only from proxies that the operator named."""

from ipaddress import ip_address, ip_network

from litestar.types import Scope


def client_ip(scope: Scope, trusted: frozenset[str]) -> str:
    """The nearest address that is not a trusted proxy. What is no address ends the list: nobody can be told from beyond it."""
    client = scope.get("client")
    address = client[0] if client else ""
    if address not in trusted:
        return address
    # Some proxies add a line of their own below what the client sent: all lines count, in order.
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for hop in reversed(",".join(lines).split(",")):
        named = hop.strip()
        if named and not _is_address(named):
            break
        address = named or address
        if address not in trusted:
            break
    return address


def network_of(address: str) -> str:
    """The network of an address, for logs: enough to see from where something comes, too little to be somebody. "" for no address."""
    if not _is_address(address):
        return ""
    return str(ip_network(f"{address.partition('%')[0]}/{48 if ':' in address else 24}", strict=False))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
