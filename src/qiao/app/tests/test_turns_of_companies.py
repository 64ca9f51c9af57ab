"""What is due in many companies at once is done in each, whatever one of them meets."""

from uuid import uuid4

import pytest

from qiao.kit.errors import TooMany

pytestmark = pytest.mark.database

DUE = {
    "embedding": ("qiao.domains.bot.indexing.behind", lambda house: house.bot.catch_up),
    "intents": ("qiao.domains.bot.classifying.intents.untrained", lambda house: house.bot.intents.catch_up),
    "learning": ("qiao.domains.bot.learning.api.due", lambda house: house.bot.learning.catch_up),
    "requests to a model": ("qiao.domains.bot.generating.api.with_log", lambda house: house.generating.forget_due),
}


@pytest.fixture
async def companies(house, workspace):
    """The one that meets something, and another."""
    return workspace.id, (await house.workspaces.create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})).id


@pytest.fixture
def entered(house, companies, monkeypatch):
    """Which companies' scopes were asked for; too much is asked of the first one's."""
    usual, asked = house.database.scope, []

    def scope(workspace_id):
        asked.append(workspace_id)
        if workspace_id == companies[0]:
            raise TooMany("too much is asked at once")
        return usual(workspace_id)

    monkeypatch.setattr(house.database, "scope", scope)
    return asked


@pytest.mark.parametrize("which", DUE)
async def test_what_one_company_meets_keeps_no_other_from_its_turn(house, companies, entered, monkeypatch, which):
    due, act = DUE[which]

    async def both(*_arguments):
        return [(one, True) for one in companies] if which == "embedding" else list(companies)

    monkeypatch.setattr(due, both)
    await act(house)()
    assert entered == list(companies)
