"""Forms of channels that have a page: shown, checked, handed to the door of providers, and the page where a customer reads the answers.

Nothing here knows a channel: whichever adapter shows a form (qiao.ports.channel_form) has one. Works without JavaScript and in a frame.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect
from msgspec import Struct

from qiao.domains.inboxes.api import Accounts, Inboxes, Receipts
from qiao.domains.tickets.api import Tickets
from qiao.domains.tickets.contracts import Ticket
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import Invalid, NotFound, Refused, TooMany
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.auth.throttle import Throttle
from qiao.platform.db.database import Database
from qiao.platform.http.client_ip import client_ip
from qiao.platform.i18n import negotiate
from qiao.platform.settings import Settings
from qiao.portal.frame import HREFLANG, Rendered, answer, assets_url, fill, words
from qiao.portal.palette import palette
from qiao.ports.channel import Account, Localised, RawReceipt, Wire
from qiao.ports.channel_form import Form, FormAnswer, FormFile, ShowsForm, Submission

AnyRequest = Request[Any, Any, Any]
LANGUAGES = ("zh", "en")
TRAP = "website"
MAX_ANSWERS = 60
MAX_TEXT = 20_000
MAX_FILES = 10
PREFIX = "f_"
LOOKS = 6
"""How often a page that was just made looks again for its ticket's number."""


class FormRooms(Struct, frozen=True, kw_only=True):
    """What forms work with; handed in by the house."""

    database: Database
    inboxes: Inboxes
    accounts: Accounts
    receipts: Receipts
    tickets: Tickets


class Opened(Struct, frozen=True):
    """An inbox with a page, and the reader's language."""

    workspace_id: WorkspaceId
    key: str
    account: Account
    wire: Wire
    channel: ShowsForm
    language: str
    zone: ZoneInfo


class Tried(Struct, frozen=True):
    """What a reader entered and what is wrong with it."""

    answers: Mapping[str, str] = {}
    problems: Mapping[str, str] = {}
    status: int = 200


class FormPages:
    """The pages of every form."""

    def __init__(self, settings: Settings, rooms: FormRooms) -> None:
        self._rooms = rooms
        self._workspaces = Workspaces(rooms.database)
        self._trusted = settings.proxies
        self._sent = SharedThrottle("forms", rate=1 / 30, burst=6)
        self._seen = Throttle(rate=2, burst=60)

    async def show(self, request: AnyRequest, key: str) -> Response[bytes]:
        """The form, empty."""
        try:
            opened = await self._open(request, key)
            return self._form(opened, Tried())
        except (NotFound, Invalid):
            return self._nowhere(request)

    async def take(self, request: AnyRequest, key: str) -> Response[bytes] | Redirect:
        """What somebody sent: to their own page when it is stored, else the form again with what is wrong."""
        try:
            opened = await self._open(request, key)
            submission = await _submission(request, opened.language)
            problems, status = await self._taken(request, opened, submission)
            if problems and submission.about:
                return await self._own_page(opened, submission.about, Tried(submission.answers, problems, status))
            if problems:
                return self._form(opened, Tried(submission.answers, problems, status))
        except (NotFound, Invalid):
            return self._nowhere(request)
        place = f"/form/{key}/{opened.channel.ticket(submission, opened.account)}?thanks=1&lang={opened.language}"
        return Redirect(place, status_code=303, headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})

    async def _taken(self, request: AnyRequest, opened: Opened, submission: Submission) -> tuple[Mapping[str, str], int]:
        """What is wrong, and the status that says so; nothing: it is stored."""
        # Whoever fell into the trap hears nothing else than a person would.
        if submission.trap:
            return {}, 303
        if problems := opened.channel.problems(submission, opened.account):
            return problems, 422
        client = client_ip(request.scope, self._trusted)
        receipt = RawReceipt("POST", {"content-type": "application/json"}, {}, msgspec.json.encode(submission), client)
        try:
            await self._sent.check(self._rooms.database, client)
            await self._rooms.receipts.deliver(opened.key, receipt)
        except Refused:
            return {"": "not_allowed"}, 403
        except TooMany:
            return {"": "too_many"}, 429
        return {}, 303

    async def own_page(self, request: AnyRequest, key: str, ticket: str) -> Response[bytes]:
        """The customer's own page: thanks, what was answered, and room for more."""
        try:
            self._seen.check(client_ip(request.scope, self._trusted))
            opened = await self._open(request, key)
            return await self._own_page(opened, ticket, Tried(), thanks=_looks(request))
        except (NotFound, Invalid, TooMany):
            return self._nowhere(request)

    async def _open(self, request: AnyRequest, key: str) -> Opened:
        found = await self._rooms.inboxes.by_key(key)
        channel = self._rooms.accounts.channel(found.inbox)
        if not isinstance(channel, ShowsForm):
            raise NotFound("this inbox has no page")
        async with self._rooms.database.scope(found.workspace_id) as scope:
            account = await self._rooms.accounts.account(scope, found.inbox.id)
            zone = ZoneInfo((await self._workspaces.get(scope)).timezone)
        liked = negotiate(request.headers.get("accept-language", ""), LANGUAGES, "zh")
        language = request.query_params.get("lang", liked)
        language = language if language in LANGUAGES else liked
        return Opened(found.workspace_id, key, account, self._rooms.accounts.wire(account), channel, language, zone)

    def _form(self, opened: Opened, tried: Tried) -> Response[bytes]:
        form = opened.channel.form(opened.account)
        return _page(
            opened, form, tried, {"action": f"/form/{opened.key}", "fields": form.fields, "lead": _in(opened, form.lead)}
        )

    async def _own_page(self, opened: Opened, ticket: str, tried: Tried, *, thanks: int = 0) -> Response[bytes]:
        answers = await opened.channel.answers(ticket, opened.account, opened.wire)
        if answers is None:
            raise NotFound("no such page")
        form = opened.channel.form(opened.account)
        made = await self._ticket_of(opened, ticket)
        looks_again = form.makes_tickets and made is None and 0 < thanks < LOOKS and not tried.problems
        values = {
            "ticket": ticket,
            "made": made,
            "wait": thanks,
            "again": f"?thanks={thanks + 1}&lang={opened.language}" if looks_again else "",
            "answers": [_shown(opened, one) for one in answers],
            "action": f"/form/{opened.key}",
            "fields": (),
        }
        return _page(opened, form, tried, {**values, "lead": _in(opened, form.thanks) if thanks else ""})

    async def _ticket_of(self, opened: Opened, ticket: str) -> Ticket | None:
        name = opened.channel.ticket_key(ticket, opened.account)
        if not name:
            return None
        async with self._rooms.database.scope(opened.workspace_id) as scope:
            return await self._rooms.tickets.called(scope, InboxId(opened.account.inbox_id), name)

    def _nowhere(self, request: AnyRequest) -> Response[bytes]:
        language = negotiate(request.headers.get("accept-language", ""), LANGUAGES, "zh")
        style = palette(None).css()
        values = {"t": partial(words().text, language), "html_lang": HREFLANG[language], "assets": assets_url(), "style": style}
        return answer(Rendered(text=fill("nowhere.html.j2", values), style=style, status=404))


def _page(opened: Opened, form: Form, tried: Tried, values: Mapping[str, Any]) -> Response[bytes]:
    style = palette(None).css()
    common = {
        "t": partial(words().text, opened.language),
        "text": partial(_in, opened),
        "html_lang": HREFLANG[opened.language],
        "language": opened.language,
        "other": "en" if opened.language == "zh" else "zh",
        "assets": assets_url(),
        "style": style,
        "title": _in(opened, form.title),
        "stamp": form.stamp,
        "prefix": PREFIX,
        "trap": TRAP,
        "given": tried.answers,
        "problems": tried.problems,
        "ticket": "",
        "made": None,
        "again": "",
        "wait": 1,
        "answers": (),
    }
    text = fill("form.html.j2", {**common, **values})
    ancestors = " ".join(form.origins) or "*"
    return answer(Rendered(text=text, style=style, status=tried.status, ancestors=ancestors, is_private=True))


def _looks(request: AnyRequest) -> int:
    """How often this page was shown since the form was sent; 0: somebody came back to it."""
    given = request.query_params.get("thanks", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 3 else int(bool(given))


def _in(opened: Opened, text: Localised) -> str:
    return text.get(opened.language) or next(iter(text.values()), "")


def _shown(opened: Opened, one: FormAnswer) -> dict[str, Any]:
    at = datetime.fromisoformat(one.at).astimezone(opened.zone)
    return {"text": one.text, "moment": at.isoformat(), "at": f"{at:%Y-%m-%d %H:%M}", "files": one.files}


async def _submission(request: AnyRequest, language: str) -> Submission:
    """The browser's form. What is no file and no text is left out; more than a form can have is too."""
    answers: dict[str, str] = {}
    files: list[FormFile] = []
    given = list((await request.form()).multi_items())
    for name, value in given:
        field = name.removeprefix(PREFIX)[:60]
        if isinstance(value, UploadFile):
            if value.filename and len(files) < MAX_FILES:
                kind = (value.content_type or "application/octet-stream")[:100]
                files.append(FormFile(field=field, name=value.filename[:200], content_type=kind, data=await value.read()))
        elif name.startswith(PREFIX) and isinstance(value, str) and len(answers) < MAX_ANSWERS:
            answers[field] = value[:MAX_TEXT]
    hidden = {name: value for name, value in given if name in {"stamp", "about", TRAP} and isinstance(value, str)}
    return Submission(
        stamp=hidden.get("stamp", "")[:200],
        language=language,
        answers=answers,
        files=tuple(files),
        trap=hidden.get(TRAP, "")[:100],
        about=hidden.get("about", "")[:200],
    )
