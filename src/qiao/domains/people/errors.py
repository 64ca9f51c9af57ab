"""What can go wrong with people."""

from qiao.kit.errors import Conflict, Invalid, NotFound, QiaoError, Refused, Unauthenticated


class WrongCredentials(Unauthenticated):
    """Address, password or workspace is wrong, or the person may not sign in: one answer for all of them."""

    code = "auth.wrong_credentials"


class ChooseWorkspace(Conflict):
    """The address and password are right in several workspaces; `details["slugs"]` lists them. Send again with one."""

    code = "auth.choose_workspace"


class PersonNotFound(NotFound):
    """No such person in this workspace."""

    code = "people.not_found"


class TeamNotFound(NotFound):
    """No such team in this workspace."""

    code = "people.team_not_found"


class SessionNotFound(NotFound):
    """No such session of the caller."""

    code = "people.session_not_found"


class KeyNotFound(NotFound):
    """No such API key in this workspace."""

    code = "people.key_not_found"


class TooManyKeys(Conflict):
    """The workspace has as many API keys as it can have; `details["limit"]`."""

    code = "people.too_many_keys"


class InviteNotFound(NotFound):
    """No such open invite in this workspace."""

    code = "people.invite_not_found"


class InviteInvalid(QiaoError):
    """The invite is unknown, used, revoked or expired: one answer for all of them."""

    code = "people.invite_invalid"
    status = 400


class ResetInvalid(QiaoError):
    """The link is unknown, used, replaced or expired, or its person is disabled: one answer for all of them."""

    code = "people.reset_invalid"
    status = 400


class NoMail(Conflict):
    """This installation sends no mail: an owner or admin makes a link."""

    code = "people.no_mail"


class EmailTaken(Conflict):
    """Somebody in this workspace has the address."""

    code = "people.email_taken"


class LastOwner(Conflict):
    """A workspace keeps at least one owner who can sign in. Make another owner first."""

    code = "people.last_owner"


class RoleRefused(Refused):
    """The role is above what the caller may give, the person stands above the caller, or the caller means to raise themselves."""

    code = "people.role_refused"


class PersonInvalid(Invalid):
    """A field breaks its rule; `details["field"]` names it."""

    code = "people.invalid"
