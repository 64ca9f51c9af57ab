"""Routes of people. `CONTROLLERS` is what the program serves."""

from qiao.domains.people.http.directory import PeopleController, TeamController
from qiao.domains.people.http.invites import InviteController
from qiao.domains.people.http.keys import KeyController
from qiao.domains.people.http.resets import ResetController, ResetOfController
from qiao.domains.people.http.sessions import MeController, SessionController, SessionListController

CONTROLLERS = (
    SessionController,
    SessionListController,
    MeController,
    InviteController,
    KeyController,
    ResetController,
    ResetOfController,
    PeopleController,
    TeamController,
)

__all__ = ["CONTROLLERS"]
