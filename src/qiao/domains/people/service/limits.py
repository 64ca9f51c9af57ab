"""How often one source may try what strangers can try."""

from msgspec import Struct, field

from qiao.domains.people.rules import source_of
from qiao.platform.auth.throttle import Throttle


class Limits(Struct):
    """Bounds in this process. `account`: one address tried from one source; `source`: everything tried from one source."""

    account: Throttle = field(default_factory=lambda: Throttle(1 / 30, 20))
    source: Throttle = field(default_factory=lambda: Throttle(1.0, 60))
    invites: Throttle = field(default_factory=lambda: Throttle(0.2, 30))
    passwords: Throttle = field(default_factory=lambda: Throttle(1 / 30, 10))

    def sign_in(self, email_key: str, ip: str) -> None:
        """Raises TooMany."""
        self.source.check(source_of(ip))
        self.account.check(f"{email_key}|{source_of(ip)}")

    def invite(self, ip: str) -> None:
        """Raises TooMany."""
        self.invites.check(source_of(ip))
