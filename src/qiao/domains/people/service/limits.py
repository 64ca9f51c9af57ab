"""How often one source may try what strangers can try, over all nodes."""

from msgspec import Struct

from qiao.domains.people.rules import source_of
from qiao.platform.auth.shared_throttle import Bound, check_shared
from qiao.platform.db.database import Database


class Limits(Struct, frozen=True, kw_only=True):
    """`account`: one address tried from one source; `everywhere`: one address tried from anywhere; `source`: everything tried from one
    source. `name` keeps two sets of bounds apart.
    """

    account: Bound = Bound(1 / 30, 20)
    everywhere: Bound = Bound(1 / 10, 100)
    source: Bound = Bound(1.0, 60)
    invites: Bound = Bound(0.2, 30)
    passwords: Bound = Bound(1 / 30, 10)
    resets: Bound = Bound(1 / 300, 5)
    name: str = ""

    async def sign_in(self, database: Database, email_key: str, ip: str) -> None:
        """Raises TooMany, for an address that nobody has as for others."""
        await check_shared(database, self.source, f"{self.name}/source/{source_of(ip)}")
        await check_shared(database, self.account, f"{self.name}/account/{email_key}|{source_of(ip)}")
        await check_shared(database, self.everywhere, f"{self.name}/everywhere/{email_key}")

    async def invite(self, database: Database, ip: str) -> None:
        """A link that was sent to somebody is tried. Raises TooMany."""
        await check_shared(database, self.invites, f"{self.name}/invite/{source_of(ip)}")

    async def password(self, database: Database, person: str) -> None:
        """Somebody who is signed in tells their password. Raises TooMany."""
        await check_shared(database, self.passwords, f"{self.name}/password/{person}")

    async def reset(self, database: Database, email_key: str, ip: str) -> None:
        """Somebody asks for a link to set a password anew. Raises TooMany, for an address that nobody has as for others."""
        await check_shared(database, self.source, f"{self.name}/source/{source_of(ip)}")
        await check_shared(database, self.resets, f"{self.name}/reset/{email_key}")
