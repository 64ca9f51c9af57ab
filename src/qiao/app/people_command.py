"""`qiao people reset-password`: a link for who cannot be helped by a colleague, such as the last owner."""

from qiao.app.server import open_house
from qiao.domains.people.repository.sessions import candidates
from qiao.domains.people.rules import email_key
from qiao.kit.clock import utc_now
from qiao.kit.errors import NotFound
from qiao.platform.settings import Settings


class NobodyHasIt(NotFound):
    """No person who may sign in has the address; with --workspace: none in that one."""

    code = "people.nobody_has_it"


async def make_reset_link(settings: Settings, email: str, workspace: str | None) -> None:
    """Print a link for each workspace where the address may sign in. Raises NobodyHasIt, SecretKeyMissing.

    Safe to run again: the last link is good.
    """
    async with open_house(settings) as house:
        async with house.database.across() as connection:
            found = await candidates(connection, email_key(email), workspace)
        if not found:
            raise NobodyHasIt(f"nobody who may sign in has the address {email}")
        until = utc_now()
        for one in found:
            async with house.database.scope(one.workspace_id) as scope:
                link = await house.resets.make_link(scope, None, one.person_id)
            print(f"{one.slug}: {link.url}")  # noqa: T201
            until = link.expires_at
    print(f"Each works once, until {until:%H:%M} UTC; the desk must be running at {settings.origin}.")  # noqa: T201
