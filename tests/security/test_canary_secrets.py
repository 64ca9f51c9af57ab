"""Secrets that somebody planted everywhere one can be set, and everything that a server says while it is used and while it fails.

Each planted secret is a word that stands nowhere else. What the program says once by design (a key just made) is looked at apart.
"""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import free_port

pytestmark = [pytest.mark.database, pytest.mark.slow]

MARK = "kanarie"
NOBODY = "http://127.0.0.1:9"
"""Nobody listens there: every provider fails."""
EMAIL = "owner@canary.example"
KNOWN_IN_ROWS = {"files", "alembic_version"}
"""Compared in the database, so they lie there as they are."""


def canary(of: str) -> str:
    return f"{MARK}-{of}-7Qx9-{of}"


class Server:
    """`qiao` in processes of their own, all that they print, and all that they answered."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        joined = "&" if "?" in dsn else "?"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("QIAO_")},
            "QIAO_DATABASE_URL": f"{dsn}{joined}password={canary('database')}",
            "QIAO_SECRET_KEY": canary("installation"),
            "QIAO_LLM_URL": f"{NOBODY}/v1",
            "QIAO_LLM_KEY": canary("llm"),
            "QIAO_LLM_MODEL": "wise-1",
            "QIAO_MAIL_URL": f"smtp+plain://qiao:{canary('mail')}@127.0.0.1:9",
            "QIAO_MAIL_FROM": "qiao@canary.example",
            "QIAO_OUTBOUND_PRIVATE": "allow",
            "QIAO_CHANNEL_HOSTS": f"telegram.api={NOBODY}",
            "QIAO_LOG_LEVEL": "debug",
            "QIAO_BOT_MODEL": "off",
            "AWS_SECRET_ACCESS_KEY": canary("bucket"),
        }
        self.log = folder / "said.log"
        self.answers: list[str] = []

    def command(self, *arguments: str, **more: str) -> str:
        """What a command prints, whether it goes well or not."""
        done = subprocess.run(
            [sys.executable, "-m", "qiao.app", "--data-dir", str(self.folder / "data"), *arguments],
            env={**self.environment, **more}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    @contextlib.contextmanager
    def serving(self) -> Iterator[httpx.Client]:
        """A client of a running server; its answers are kept."""
        command = [sys.executable, "-m", "qiao.app", "--data-dir", str(self.folder / "data"), "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=self.url, headers={"X-Qiao-Client": "console"}, timeout=30) as client:
                self._wait(client, process)
                client.event_hooks["response"] = [self._keep]
                yield client
        finally:
            process.terminate()
            process.wait(30)

    def _wait(self, client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if client.get("/readyz").status_code == 200:
                    return
            time.sleep(0.2)
        raise AssertionError(self.log.read_text()[-2000:])

    def _keep(self, response: httpx.Response) -> None:
        response.read()
        shown = "\n".join(f"{name}: {value}" for name, value in response.headers.items() if name != "set-cookie")
        self.answers.append(f"{response.request.method} {response.request.url} {response.status_code}\n{shown}\n{response.text}")


class Use:
    """Somebody sets every secret there is, rightly and wrongly, and uses what needs them."""

    def __init__(self, server: Server, client: httpx.Client) -> None:
        self.server, self.client = server, client
        self.given: list[str] = []
        """Secrets that the server made and told once."""

    def call(self, method: str, path: str, body: Any = None, *, once: str = "") -> Any:
        answer = self.client.request(method, f"/api/v1{path}", json=body)
        if not once or not answer.is_success:
            return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None
        told = answer.json()
        self.given.append(told[once])
        self.server.answers.pop()
        return told

    def everything(self, link: str) -> None:
        password = canary("first")
        self.given.append(link.split("_", 2)[2])
        self.call("POST", "/password-resets/accept", {"token": link, "password": password})
        self.call("POST", "/session", {"email": EMAIL, "password": canary("wrong-password")})
        self.call("POST", "/session", {"email": EMAIL, "password": {"not": canary("misplaced")}})
        self.call("POST", "/session", {"email": EMAIL, "password": password})
        self.given.append(self.client.cookies["qiao_session"])
        self.call("PUT", "/me/password", {"current": canary("wrong-current"), "new": canary("new")})
        self.call("PUT", "/me/password", {"current": password, "new": canary("new")})
        self.call("POST", "/password-resets", {"email": EMAIL})
        self.call("POST", "/password-resets/accept", {"token": f"qr_{canary('token')}", "password": canary("reset")})
        self.call("POST", "/invites/accept", {"token": f"qi_{canary('token')}", "password": canary("joining"), "name": "X"})
        invited = self.call("POST", "/invites", {"email": "new@canary.example", "role": "agent"}, once="url")
        self.given[-1] = invited["url"].partition("#")[2].split("_", 2)[2]
        self.call("POST", "/keys", {"name": "a program", "scopes": ["contacts.read"]}, once="secret")
        self._outside()
        self._channels()
        for path in ("/people", "/invites", "/keys", "/webhooks", "/inboxes", "/audit", "/commerce/settings", "/bot/tools/http"):
            self.call("GET", path)
        self.client.get("/metrics")

    def _outside(self) -> None:
        header = {"name": "X-Secret", "value": canary("webhook-header")}
        hook = {"url": f"{NOBODY}/hook", "events": ["conversation.opened"], "headers": [header]}
        endpoint = self.call("POST", "/webhooks", hook, once="secret")["endpoint"]["id"]
        self.call("POST", f"/webhooks/{endpoint}/ping")
        self.call("PATCH", f"/webhooks/{endpoint}", {"headers": [{**header, "value": [canary("misplaced")]}]})
        shop = {"provider": "rest", "base_url": NOBODY, "secret": canary("shop")}
        self.call("PATCH", "/commerce/settings", shop)
        self.call("PATCH", "/commerce/settings", {"secret": canary("x") * 40})
        self.call("POST", "/commerce/settings/test")
        self.call("PUT", "/bot/tools/hosts", {"hosts": ["127.0.0.1"]})
        tool = {"name": "warehouse", "title": {"zh": "仓库"}, "url": f"{NOBODY}/stock"}
        self.call("POST", "/bot/tools/http", {"definition": tool, "secrets": {"Authorization": canary("tool")}})
        self.call("POST", "/bot/tools/http", {"definition": {"name": 1}, "secrets": {"Authorization": canary("misplaced")}})

    def _channels(self) -> None:
        for channel, settings, secrets in (
            ("telegram", {}, {"token": f"123456:{canary('telegram')}"}),
            ("email_imap", {"address": "desk@canary.example", "user": "desk", "imap_host": "127.0.0.1", "smtp_host": "127.0.0.1"},
             {"password": canary("mailbox")}),
        ):  # fmt: skip
            inbox = self.call("POST", "/inboxes", {"channel": channel, "name": channel})["id"]
            self.call("PATCH", f"/inboxes/{inbox}", {"settings": settings})
            self.call("PUT", f"/inboxes/{inbox}/secrets", secrets)
            self.call("PUT", f"/inboxes/{inbox}/secrets", {"no_such": canary("unknown")})
            self.call("PUT", f"/inboxes/{inbox}/secrets", {key: [canary("misplaced")] for key in secrets})
            self.call("POST", f"/inboxes/{inbox}/connect")
            self.client.post(f"/in/{inbox}", content=canary("delivery"), headers={"Authorization": canary("authorization")})
        web = next(one for one in self.call("GET", "/inboxes")["items"] if one["channel"] == "webchat")
        key = self.call("POST", f"/inboxes/{web['id']}/identity-keys", once="secret")
        assert key, "identity keys are made by this route"


async def whole_database(dsn: str) -> dict[str, str]:
    """Every row of every table as text, by table."""
    connection = await asyncpg.connect(dsn)
    names = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    rows = {
        one["tablename"]: "\n".join(row[0] or "" for row in await connection.fetch(f'select t::text from "{one["tablename"]}" t'))
        for one in names
    }
    await connection.close()
    return rows


async def broken(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


def found(texts: dict[str, str], secrets: list[str]) -> dict[str, str]:
    """Where a planted or a given secret stands, with the words around it."""
    places: dict[str, str] = {}
    for name, text in texts.items():
        for secret in (MARK, *secrets):
            at = text.find(secret)
            if at >= 0:
                places[name] = text[max(0, at - 160) : at + 60]
    return places


async def test_no_planted_secret_is_in_anything_that_is_said(postgres_dsn: str, tmp_path: Path) -> None:
    server = Server(postgres_dsn, tmp_path)
    setting_up = ["setup", "--slug", "canary", "--name", "金丝雀", "--email", EMAIL, "--owner", "周宁"]
    printed = server.command(*setting_up)
    link = re.search(r"/app/reset#(\S+)", printed)[1]
    with server.serving() as client:
        use = Use(server, client)
        use.everything(link)
        # The database fails in the middle of a change: a fault of the server's own, with all that it logs.
        await broken(postgres_dsn, "alter table commerce_settings rename to commerce_settings_away")
        failing = client.patch("/api/v1/commerce/settings", json={"secret": canary("in-a-fault")})
        await broken(postgres_dsn, "alter table commerce_settings_away rename to commerce_settings")
        assert failing.status_code >= 500
        time.sleep(4)
        texts = {"doctor": server.command("doctor"), "keys": server.command("keys", "list")}
    texts["backup"] = server.command("backup", str(tmp_path / "copies"), "--plain")
    texts |= {f"backup {one.name}": one.read_text() for one in (tmp_path / "copies").rglob("*.json")}
    texts["a start that fails"] = server.command(
        "serve", "--port", str(free_port()), QIAO_DATABASE_URL=f"postgresql://qiao:{canary('db')}@127.0.0.1:9/none"
    )
    texts["a setting that is refused"] = server.command("serve", QIAO_MAIL_URL=f"https://x:{canary('url')}@mail.example")
    texts["logs"] = server.log.read_text()
    texts |= {f"answer {n}": one for n, one in enumerate(server.answers)}
    texts |= {f"table {name}": rows for name, rows in (await whole_database(postgres_dsn)).items() if name not in KNOWN_IN_ROWS}
    assert len(server.answers) > 30
    assert "table audit_entries" in texts
    assert len(texts["logs"]) > 500
    assert re.search(r"0\s+current\s+[5-9] secrets", texts["keys"]), "the secrets were set, and are what was looked for"
    assert found(texts, use.given) == {}


def test_the_search_would_find_one() -> None:
    assert found({"logs": f"error: {canary('x')} was refused"}, [])
    assert found({"rows": "the key is qk_123"}, ["qk_123"])
    assert not found({"rows": "nothing"}, ["qk_123"])
