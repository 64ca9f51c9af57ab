"""`qiao setup`: a workspace with its owner and a first inbox, or a reason why not."""

import asyncio
import re
from uuid import uuid4

import pytest

from qiao.app.house import House
from qiao.app.people_command import make_reset_link
from qiao.app.setup import set_up
from qiao.domains.people.contracts import Credentials, Role, Visit
from qiao.domains.people.errors import ResetInvalid, WrongCredentials
from qiao.domains.people.resets import ResetAcceptance
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import QiaoError
from qiao.platform.settings import Settings, read_settings

pytestmark = pytest.mark.database

HERE, NEW = Visit("192.0.2.1", "Firefox"), "a new pair of words 7"


@pytest.fixture
def settings(postgres_dsn: str, tmp_path) -> Settings:
    return read_settings(
        {},
        data_dir=str(tmp_path),
        database_url=postgres_dsn,
        public_url="https://desk.example/",
        bot_model="off",
        secret_key="of this desk",
    )


@pytest.fixture
def slug() -> str:
    return f"shop-{uuid4().hex[:10]}"


def printed_link(printed: str) -> str:
    """The secret of the link that was printed."""
    return re.search(r"^https://desk.example/app/reset#(\S+)$", printed, re.MULTILINE)[1]


async def test_the_owner_sets_their_password_by_what_was_printed_and_only_once(settings, slug, database, postgres_dsn, capsys):
    email = f"lin@{slug}.example"
    await set_up(settings, slug, "兰亭茶器", (email, "林语桐"))
    printed = capsys.readouterr().out
    house = House(settings, database, postgres_dsn)
    for anything in ("", printed_link(printed), email):
        with pytest.raises(WrongCredentials):
            await house.people.sign_in(Credentials(email=email, password=anything, workspace=slug), HERE)
    await house.resets.accept(ResetAcceptance(token=printed_link(printed), password=NEW), HERE)
    signed = await house.people.sign_in(Credentials(email=email, password=NEW, workspace=slug), HERE)
    assert (signed.caller.name, signed.caller.role) == ("林语桐", Role.OWNER)
    with pytest.raises(ResetInvalid):
        await house.resets.accept(ResetAcceptance(token=printed_link(printed), password=f"{NEW}!"), HERE)


async def test_what_was_printed_and_not_used_opens_nothing_after_half_an_hour(settings, slug, database, postgres_dsn, capsys):
    email = f"lin@{slug}.example"
    await set_up(settings, slug, "兰亭茶器", (email, "林语桐"))
    printed = capsys.readouterr().out
    workspace = await Workspaces(database).by_slug(slug)
    async with database.scope(workspace.id) as scope:
        left = await scope.connection.fetchval(
            "update password_resets set expires_at = expires_at - interval '30 minutes' where workspace_id = $1"
            " returning extract(epoch from expires_at - now())",
            workspace.id,
        )
    assert left <= 0
    house = House(settings, database, postgres_dsn)
    with pytest.raises(ResetInvalid):
        await house.resets.accept(ResetAcceptance(token=printed_link(printed), password=NEW), HERE)
    # As it says there, another one is had from the command line.
    assert f"`qiao people reset-password {email}`" in printed
    await make_reset_link(settings, email, slug)
    again = re.search(r"/app/reset#(\S+)$", capsys.readouterr().out, re.MULTILINE)[1]
    await house.resets.accept(ResetAcceptance(token=again, password=NEW), HERE)
    assert await house.people.sign_in(Credentials(email=email, password=NEW, workspace=slug), HERE)


async def test_every_link_is_another(settings, slug, capsys):
    await set_up(settings, slug, "A", ("a@shop.example", "A"))
    await set_up(settings, f"{slug}-2", "B", ("b@shop.example", "B"))
    links = re.findall(r"/app/reset#(\S+)", capsys.readouterr().out)
    assert len(set(links)) == 2
    assert all(len(one.split("_", 2)[2]) >= 43 for one in links), "256 bits"


async def test_a_first_inbox_is_there(settings, slug, database, capsys):
    await set_up(settings, slug, "兰亭茶器", ("lin@shop.example", "林语桐"))
    workspace = await Workspaces(database).by_slug(slug)
    async with database.scope(workspace.id) as scope:
        inboxes = await scope.connection.fetch("select enabled, bot_enabled from inboxes where workspace_id = $1", workspace.id)
    assert [(row["enabled"], row["bot_enabled"]) for row in inboxes] == [(True, True)]
    assert slug in capsys.readouterr().out


async def test_what_was_cut_off_after_its_first_write_goes_on(settings, slug, database, capsys):
    """A workspace with nobody in it is what is left of such a one."""
    left = await Workspaces(database).create(slug, {"en": "A"})
    at_once = [set_up(settings, slug, "A", (f"{name}@shop.example", name)) for name in ("a", "b")]
    assert sorted(type(one).__name__ for one in await asyncio.gather(*at_once, return_exceptions=True)) == [
        "NoneType",
        "SlugTaken",
    ]
    assert (await Workspaces(database).by_slug(slug)).id == left.id
    async with database.scope(left.id) as scope:
        assert await scope.connection.fetchval("select count(*) from people where workspace_id = $1", left.id) == 1
    assert capsys.readouterr().out.count("is ready") == 1


async def test_an_address_that_is_taken_is_refused_and_changes_nothing(settings, slug, database, capsys):
    await set_up(settings, slug, "A", ("a@shop.example", "A"))
    before = await Workspaces(database).all_ids()
    with pytest.raises(QiaoError):
        await set_up(settings, slug, "B", ("b@shop.example", "B"))
    assert await Workspaces(database).all_ids() == before
    assert capsys.readouterr().out.count("is ready") == 1


@pytest.mark.parametrize(("slug", "owner"), [("Not A Slug", ("a@shop.example", "A")), ("", ("a@shop.example", "A"))])
async def test_what_cannot_be_a_workspace_is_refused(settings, slug, owner):
    with pytest.raises(QiaoError) as refused:
        await set_up(settings, slug, "A", owner)
    assert refused.value.status == 422


@pytest.mark.parametrize(
    "owner", [("", "A"), ("nonsense", "A"), ("a@b", "A"), ("a@shop.example", " "), ("a@shop.example", "x" * 500)]
)
async def test_an_owner_who_cannot_be_is_refused_and_the_address_stays_free(settings, slug, owner, capsys):
    with pytest.raises(QiaoError) as refused:
        await set_up(settings, slug, "A", owner)
    assert refused.value.status == 422
    await set_up(settings, slug, "A", ("a@shop.example", "A"))
    assert f"Workspace {slug} is ready." in capsys.readouterr().out
