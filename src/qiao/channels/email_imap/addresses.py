"""Addresses as strictly as somebody must read them who will answer: one sender, one meaning, no room for two readers to disagree."""

import re
import unicodedata

from msgspec import Struct

from qiao.channels.email_imap.words import decoded

_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_ANGLED = re.compile(r"(?P<name>[^<>]{0,1500})<\s*(?P<address>[^<>\s]{1,320})\s*>\s*(?:\([^()<>@]{0,200}\))?\s*")
_BARE = re.compile(r"\s*(?P<address>[^<>\s()\"]{1,320})\s*(?:\((?P<name>[^()<>@]{0,200})\))?\s*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,1500}"')
MAX_NAME = 100


class Mailbox(Struct, frozen=True):
    """An address in lower case with its domain in ASCII, and the name that was claimed with it."""

    address: str
    name: str | None = None

    @property
    def domain(self) -> str:
        """What stands after the @."""
        return self.address.rpartition("@")[2]


def strict(address: str) -> str | None:
    """One address, in lower case and ASCII; None when it is not one that can be written to."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or "@" in local:
        return None
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode().lower() if domain else ""
    except UnicodeError:
        return None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or len(ascii_domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return f"{local.lower()}@{ascii_domain}"


def one_mailbox(header: str) -> Mailbox | None:
    """The one mailbox that a From, Sender or Reply-To names. None for none, several, a group, or what can be read in two ways."""
    found = _ANGLED.fullmatch(header) or _BARE.fullmatch(header)
    if found is None:
        return None
    name = found["name"] or ""
    outside = _QUOTED.sub("", name)
    address = strict(found["address"])
    # Outside of quotes, an @ or a second name's comma before an angle is another address to some readers, and a colon opens a group.
    if address is None or any(mark in outside for mark in '@";') or re.search(r":\s*$|,.*@", outside):
        return None
    return Mailbox(address, _name(name, address))


def bare_addresses(header: str, most: int = 200) -> list[str]:
    """Whatever in a header of receivers looks like an address, the first ones only: to look for one's own among them."""
    return [found.lower() for found in re.findall(r"[^\s<>,;:\"()]{1,64}@[^\s<>,;:\"()]{1,255}", header)[:most]]


def _name(written: str, address: str) -> str | None:
    plain = re.sub(r"\\(.)", r"\1", written.strip().strip('"'))
    name = clean_line(decoded(plain))[:MAX_NAME].strip()
    # A name that is an address itself is there to be taken for the sender's.
    return name if name and ("@" not in name or name.lower() == address) else None


def clean_line(text: str) -> str:
    """One line without what steers the reader's screen: controls, line ends, marks that turn the direction of writing."""
    kept = (one if unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else " " for one in text)
    return " ".join("".join(kept).split())
