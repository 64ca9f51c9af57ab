"""`qiao people reset-password`: the last owner comes in again, with the database alone."""

import re
from uuid import uuid4

import pytest

from qiao.app.house import House
from qiao.app.people_command import NobodyHasIt, make_reset_link
from qiao.app.setup import set_up
from qiao.domains.people.contracts import Credentials, Visit
from qiao.domains.people.resets import ResetAcceptance
from qiao.platform.settings import read_settings

pytestmark = pytest.mark.database

HERE, NEW = Visit("192.0.2.1"), "a new pair of words 7"


async def test_the_last_owner_sets_a_new_password(postgres_dsn, database, tmp_path, capsys):
    settings = read_settings(
        {},
        data_dir=str(tmp_path),
        database_url=postgres_dsn,
        public_url="https://desk.example/",
        bot_model="off",
        secret_key="of this desk",
    )
    slug = f"shop-{uuid4().hex[:10]}"
    email = f"lin@{slug}.example"
    await set_up(settings, slug, "兰亭茶器", (email, "林语桐"))
    await make_reset_link(settings, email.upper(), None)
    token = re.search(rf"^{slug}: https://desk.example/app/reset#(\S+)$", capsys.readouterr().out, re.MULTILINE)[1]
    house = House(settings, database, postgres_dsn)
    await house.resets.accept(ResetAcceptance(token=token, password=NEW), HERE)
    signed = await house.people.sign_in(Credentials(email=email, password=NEW, workspace=slug), HERE)
    assert signed.caller.role == "owner"
    for wrong, workspace in (("nobody@shop.example", None), (email, "no-such-shop")):
        with pytest.raises(NobodyHasIt):
            await make_reset_link(settings, wrong, workspace)
