"""Whether the sender is who the mail says: read from what our own mail server wrote on it, and from nothing else (RFC 8601).

The admin names the server that receives for the mailbox (its authserv-id). A receiving server writes its Authentication-Results above
what was there, and takes away what strangers wrote in its name; against one that forgets the second, every line in its name must agree.
"""

import re
from collections.abc import Sequence

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ID = re.compile(r"\s*([^\s;]{1,255})(?:\s+\d+)?\s*(?:;|$)")
_RESULT = re.compile(r"\s*dmarc\s*(?:/\s*\d+)?\s*=\s*([a-z]+)\b(.*)", re.DOTALL)
_FROM = re.compile(r"(?:^|\s)header\.from\s*=\s*([^\s;]+)")


def is_aligned(headers: Sequence[str], authserv_id: str, domain: str) -> bool:
    """True when the named server says of this mail that DMARC passed for the domain it is from. No server named: never."""
    named = authserv_id.strip().lower()
    results = [_dmarc(header) for header in headers if named and _written_by(header) == named]
    return bool(results) and all(verdict == ("pass", domain) for verdict in results)


def _written_by(header: str) -> str:
    found = _ID.match(_plain(header))
    return found[1].lower() if found else ""


def _dmarc(header: str) -> tuple[str, str] | None:
    """The verdict and the domain it is about, when the header has exactly one."""
    found = [hit for part in _plain(header).lower().split(";")[1:] if (hit := _RESULT.fullmatch(part))]
    if len(found) != 1:
        return None
    about = _FROM.search(found[0][2])
    return found[0][1], about[1].rpartition("@")[2] if about else ""


def _plain(header: str) -> str:
    """Without comments and without what is quoted: both may hold whatever the sender likes."""
    out: list[str] = []
    depth = 0
    for one in _QUOTED.sub(" ", header[:4_000]):
        depth += (one == "(") - (one == ")" and depth > 0)
        if not depth and one != ")":
            out.append(one)
    return "".join(out)
