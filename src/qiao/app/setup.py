"""`qiao setup`: the first workspace and its owner, with a first inbox."""

import secrets

from qiao.app.house import House
from qiao.app.server import open_database
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.people.contracts import NewPerson, Role
from qiao.domains.people.rules import clean_email, clean_name
from qiao.platform.settings import Settings


async def set_up(settings: Settings, slug: str, name: str, owner: tuple[str, str]) -> None:
    """Make a workspace, its owner with a one-time printed password, and an inbox of the first channel. Refuses a slug that is taken."""
    # Before anything is made: a workspace whose owner could not be made would keep its slug and let nobody in.
    clean_email(owner[0])
    clean_name(owner[1])
    password = secrets.token_urlsafe(12)
    async with open_database(settings) as (database, dsn):
        house = House(settings, database, dsn)
        workspace = await house.workspaces.create(slug, {"zh": name, "en": name})
        async with database.scope(workspace.id) as scope:
            await house.people.create_person(scope, NewPerson(email=owner[0], name=owner[1], role=Role.OWNER, password=password))
            channel = house.inboxes.channels()[0]
            await house.inboxes.create(scope, NewInbox(channel=channel.name, name=channel.title["en"]))
            # Drafts: what customers meet is published once the shop's orders are connected.
            await house.bot.flows.install(scope, publish=False)
    print(f"Workspace {slug} is ready.\nSign in at {settings.origin}/app/ as {owner[0]} with the password {password}")  # noqa: T201
    print("Change the password under “My account” after signing in.")  # noqa: T201
