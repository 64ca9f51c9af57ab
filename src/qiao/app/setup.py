"""`qiao setup`: the first workspace and its owner, with a first inbox."""

from qiao.app.house import House
from qiao.app.server import open_house
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.people.contracts import NewPerson, Role
from qiao.domains.people.rules import clean_email, clean_name
from qiao.domains.workspaces.contracts import Workspace
from qiao.domains.workspaces.errors import SlugTaken
from qiao.platform.settings import Settings


async def set_up(settings: Settings, slug: str, name: str, owner: tuple[str, str]) -> None:
    """Make a workspace, its owner and an inbox of the first channel, and print a link with which the owner sets their first password. It
    works once and for half an hour: nothing that was printed opens anything later, and no password of ours is anybody's. Raises
    SlugTaken, and SecretKeyMissing on another machine than the installation's without its key. Run again where it was cut off, it goes on.
    """
    # Before anything is made: a workspace whose owner could not be made would keep its slug and let nobody in.
    clean_email(owner[0])
    clean_name(owner[1])
    async with open_house(settings) as house:
        workspace = await _begun(house, slug, name)
        async with house.database.scope(workspace.id) as scope:
            await house.workspaces.hold(scope)
            if await house.people.list(scope):
                raise SlugTaken(f"the address {slug!r} is taken", field="slug")
            person = await house.people.create_person(scope, NewPerson(email=owner[0], name=owner[1], role=Role.OWNER))
            channel = house.inboxes.channels()[0]
            await house.inboxes.create(scope, NewInbox(channel=channel.name, name=channel.title["en"]))
            # Drafts: what customers meet is published once the shop's orders are connected.
            await house.bot.flows.install(scope, publish=False)
            link = await house.resets.make_link(scope, None, person.id)
    print(f"Workspace {slug} is ready. Start it with `qiao serve`, then set the password of {owner[0]} here:\n{link.url}")  # noqa: T201
    until = f"once, until {link.expires_at:%H:%M} UTC"
    print(f"The link works {until}; `qiao people reset-password {owner[0]}` makes another.")  # noqa: T201


async def _begun(house: House, slug: str, name: str) -> Workspace:
    try:
        return await house.workspaces.create(slug, {"zh": name, "en": name})
    except SlugTaken:
        return await house.workspaces.by_slug(slug)
