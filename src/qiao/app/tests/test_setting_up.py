"""`qiao setup`: a workspace with its owner and a first inbox, or a reason why not."""

import re
from uuid import uuid4

import pytest

from qiao.app.setup import set_up
from qiao.domains.people.api import People
from qiao.domains.people.contracts import Credentials, Role, Visit
from qiao.domains.people.errors import WrongCredentials
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import QiaoError
from qiao.platform.settings import Settings, read_settings

pytestmark = pytest.mark.database

HERE = Visit("192.0.2.1", "Firefox")


@pytest.fixture
def settings(postgres_dsn: str, tmp_path) -> Settings:
    return read_settings(
        {}, data_dir=str(tmp_path), database_url=postgres_dsn, public_url="https://desk.example/", bot_model="off"
    )


@pytest.fixture
def slug() -> str:
    return f"shop-{uuid4().hex[:10]}"


async def test_the_owner_signs_in_with_what_was_printed(settings, slug, database, capsys):
    await set_up(settings, slug, "兰亭茶器", (f"lin@{slug}.example", "林语桐"))
    printed = capsys.readouterr().out
    password = re.search(r"with the password (\S+)", printed)[1]
    people = People(database)
    signed = await people.sign_in(Credentials(email=f"lin@{slug}.example", password=password, workspace=slug), HERE)
    assert (signed.caller.name, signed.caller.role) == ("林语桐", Role.OWNER)
    assert "https://desk.example/app/" in printed
    with pytest.raises(WrongCredentials):
        await people.sign_in(Credentials(email=f"lin@{slug}.example", password=f"{password}x", workspace=slug), HERE)


async def test_every_password_is_another(settings, slug, capsys):
    await set_up(settings, slug, "A", ("a@shop.example", "A"))
    await set_up(settings, f"{slug}-2", "B", ("b@shop.example", "B"))
    passwords = re.findall(r"with the password (\S+)", capsys.readouterr().out)
    assert len(set(passwords)) == 2
    assert all(len(one) >= 16 for one in passwords)


async def test_a_first_inbox_is_there(settings, slug, database, capsys):
    await set_up(settings, slug, "兰亭茶器", ("lin@shop.example", "林语桐"))
    workspace = await Workspaces(database).by_slug(slug)
    async with database.scope(workspace.id) as scope:
        inboxes = await scope.connection.fetch("select enabled, bot_enabled from inboxes where workspace_id = $1", workspace.id)
    assert [(row["enabled"], row["bot_enabled"]) for row in inboxes] == [(True, True)]
    assert slug in capsys.readouterr().out


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
