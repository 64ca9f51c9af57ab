"""The corpus of hostile words through every entry of a desk: every route that reads JSON; by hand what comes as file, letter and form."""

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from support.bodies import sample
from support.desk import Desk
from support.hostile_words import ALL, CANARY, CORPUS, FILE_NAMES, Poison
from support.routes import api_routes
from support.stage import Stage

from qiao.platform.auth.middleware import COOKIE_NAME

SECRET = "the desk's own mail server"
LEFT_OUT = {
    "POST /api/v1/session": "begins another session",
    "PUT /api/v1/me/password": "ends this one",
    "PUT /api/v1/inboxes/{inbox_id:uuid}/secrets": "is shown nowhere",
    "POST /api/v1/invites/accept": "needs a link that was sent",
    "POST /api/v1/invites/lookup": "needs a link that was sent",
    "POST /api/v1/password-resets": "shows nothing of it",
    "POST /api/v1/password-resets/accept": "needs a link that was sent",
    "POST /api/v1/password-resets/lookup": "needs a link that was sent",
}


@dataclass
class Hall:
    """The desk, who is signed in there, and the ids of all that is in it."""

    desk: Desk
    stage: Stage
    cookie: str
    ids: dict[str, Any]
    slug: str
    inbox_key: str
    taken: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


async def enter_everything(hall: Hall, client: httpx.AsyncClient) -> None:
    """The corpus through every entry there is."""
    owner = {"Cookie": f"{COOKIE_NAME}={hall.cookie}", "X-Qiao-Client": "tests"}
    visitor = {"Authorization": f"Bearer {hall.stage.home.visitor_token}"}
    await say_it_all(client, visitor, hall.inbox_key)
    poison = Poison()
    for route in api_routes():
        if not route.reads_json or route.name in LEFT_OUT:
            continue
        headers = visitor if route.path.startswith("/visitor/") else owner
        known = known_of(route.name, hall)
        whole = {**sample(route.body, hall.ids), **known}
        for where, body in poison.bodies(route.body, whole):
            if where in hall.taken.get(route.name, ""):
                continue
            fresh = {"client_id": uuid.uuid4().hex} if "client_id" in body else {}
            answer = await client.request(route.method, route.url(hall.ids), json={**body, **known, **fresh}, headers=headers)
            assert answer.status_code < 500, (route.name, where, answer.text[:300])
            if not answer.is_success:
                hall.refused[route.name] = answer.text[:300]
            else:
                hall.taken[route.name] = f"{hall.taken.get(route.name, '')} {where}"
                if where == "*":
                    break
    await client.post(f"/api/v1/knowledge/articles/{hall.ids['article_id']}/translations/en/publish", headers=owner)
    await make_a_form(hall, client, owner)
    await send_a_letter(hall, client, owner)


def known_of(route: str, hall: Hall) -> dict[str, Any]:
    """What a body has to say whatever else it says."""
    return {
        "POST /visitor/v1/sessions": {"inbox_key": hall.inbox_key, "token": None, "identity": None},
        "POST /api/v1/webhooks": {"events": ["conversation.opened"]},
        "POST /api/v1/keys": {"scopes": ["reports.read"]},
        "POST /api/v1/bot/intents": {"key": f"intent{uuid.uuid4().hex[:8]}"},
    }.get(route, {})


async def say_it_all(client: httpx.AsyncClient, visitor: dict[str, str], inbox_key: str) -> None:
    """Every word of the corpus as messages of a visitor, from a page that is called so, and files with such names."""
    token = visitor["Authorization"].removeprefix("Bearer ")
    page = {"title": CORPUS[5], "url": "javascript:alert(1)", "referrer": f"https://{CANARY}/?{CORPUS[0]}"}
    begun = await client.post("/visitor/v1/sessions", json={"inbox_key": inbox_key, "token": token, "page": page})
    begun.raise_for_status()
    for start in range(0, len(CORPUS), 12):
        text = "\n\n".join(CORPUS[start : start + 12])
        sent = await client.post("/visitor/v1/messages", json={"client_id": uuid.uuid4().hex, "text": text}, headers=visitor)
        sent.raise_for_status()
    for name in FILE_NAMES:
        kept = await client.post("/visitor/v1/files", files={"data": (name, b"oolong", "text/plain")}, headers=visitor)
        body = {"client_id": uuid.uuid4().hex, "attachments": [kept.raise_for_status().json()["id"]]}
        (await client.post("/visitor/v1/messages", json=body, headers=visitor)).raise_for_status()


async def make_a_form(hall: Hall, client: httpx.AsyncClient, owner: dict[str, str]) -> None:
    """A page with a form whose every word is the corpus."""
    made = (await client.post("/api/v1/inboxes", json={"channel": "web_form", "name": CORPUS[0]}, headers=owner)).json()
    words = {"en": ALL[:150], "zh": ALL[:150]}
    fields = [{"key": "message", "label": words, "type": "textarea", "required": True}]
    settings = {"title": words, "intro": words, "fields": fields}
    for some in (settings, {"title": words, "fields": fields}):
        answer = await client.patch(f"/api/v1/inboxes/{made['id']}", json={"settings": some}, headers=owner)
        if answer.is_success:
            break
    hall.ids["form_key"] = made["key"]
    assert answer.is_success, answer.text


async def send_a_letter(hall: Hall, client: httpx.AsyncClient, owner: dict[str, str]) -> None:
    """A letter whose layout is the corpus, and a name, a subject and a file that are words of it."""
    inbox = (await client.post("/api/v1/inboxes", json={"channel": "email_imap", "name": CORPUS[5]}, headers=owner)).json()
    settings = {"address": "help@lanting.example", "smtp_host": "mx.lanting.example"}
    path = f"/api/v1/inboxes/{inbox['id']}"
    (await client.patch(path, json={"settings": settings, "bot_enabled": False}, headers=owner)).raise_for_status()
    secrets = {"handover_secret": SECRET, "password": "x"}
    (await client.put(f"{path}/secrets", json=secrets, headers=owner)).raise_for_status()

    def encoded(text: str) -> str:
        return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="

    kind = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64"
    page = base64.encodebytes(f"<p>原信的第一行</p>{ALL}".encode()).decode()
    letter = (
        f"From: {encoded(CORPUS[5])} <yutong@example.com>\r\nSubject: {encoded(CORPUS[33])}\r\n"
        f"Message-ID: <{uuid.uuid4().hex}@example.com>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n"
        f"--e\r\n{kind}\r\n\r\n{page}\r\n"
        f'--e\r\nContent-Type: text/plain; name="{encoded(FILE_NAMES[0])}"\r\nContent-Disposition: attachment\r\n\r\ntea\r\n--e--\r\n'
    ).encode()
    signed = {"X-Mail-Signature": "sha256=" + hmac.new(SECRET.encode(), letter, hashlib.sha256).hexdigest()}
    (await client.post(f"/in/{inbox['key']}", content=letter, headers=signed)).raise_for_status()
    while "mail_id" not in hall.ids:
        talks = (await client.get("/api/v1/conversations", params={"inbox_id": inbox["id"], "view": "all"}, headers=owner)).json()
        if talks["items"]:
            hall.ids["mail_id"] = talks["items"][0]["id"]
