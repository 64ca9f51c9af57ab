"""The platform's side of Weibo: pushes of the fans service, private messages, and comments under posts."""

from collections.abc import Callable, Mapping
from datetime import timedelta, timezone
from typing import Any, ClassVar

import msgspec

from qiao.kit.clock import utc_now
from qiao.kit.sealed_callback import signature
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

UID = 1902538057
FIRST_COMMENT = 12_438_000_000
CHINA = timezone(timedelta(hours=8))


class Simulator(PlatformSimulator):
    """One verified account with its posts."""

    settings: ClassVar[Mapping[str, Any]] = {"comments": True}
    secrets: ClassVar[Mapping[str, str]] = {"app_secret": "an app secret", "access_token": "2.00-token"}

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.comments: list[dict[str, Any]] = []
        self.files: dict[str, SentFile] = {}
        self.gone: set[str] = set()

    def routes(self) -> Mapping[str, Handler]:
        """The calls that replies need; each wants the access token."""
        return {
            "POST /messages/2/messages/reply.json": self.guarded(self.reply),
            "POST /business/2/comments/reply/biz.json": self.guarded(self.write_comment),
            "POST /open/2/comments/create.json": self.guarded(self.write_comment),
            "POST /open/2/comments/destroy.json": self.guarded(self.destroy),
            "GET /business/2/comments/to_me/biz.json": self.guarded(self.to_me),
            "POST /open/oauth2/get_token_info": self.guarded(self.token_info),
            "GET /upload/2/mss/msget": self.guarded(self.download),
        }

    def guarded(self, handler: Callable[[Asked], Answered]) -> Handler:
        """A route that wants the access token."""

        async def checked(asked: Asked) -> Answered:
            given = {**asked.query, **asked.form()}.get("access_token")
            return handler(asked) if given == self.secrets["access_token"] else self.refusing(21332, "invalid_access_token")

        return checked

    def refusing(self, code: int, words: str) -> Answered:
        """A refusal: the status is not 200 here."""
        return said({"error": words, "error_code": code, "request": "/2/simulated"}, 400)

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """How this platform says it. What it says of a shut window is in no page that we could read."""
        if fault is Fault.SERVER_ERROR:
            return Answered(status=502, body=b"<html>", content_type="text/html")
        code, words = {
            Fault.RATE_LIMITED: (10023, "User requests out of rate limit!"),
            Fault.TOKEN_REVOKED: (21327, "expired_token"),
            Fault.CREDENTIALS_REFUSED: (21332, "invalid_access_token"),
            Fault.WINDOW_CLOSED: (29999, "simulated: no quota for this receiver"),
            Fault.BLOCKED: (20003, "User does not exists!"),
            Fault.MEDIA_EXPIRED: (20101, "target does not exist!"),
        }[fault]
        return self.refusing(code, words)

    @property
    def customers(self) -> tuple[str, str]:
        """Ids are numbers here."""
        return "2489518277", "2489518278"

    def written_now(self) -> str:
        """A time as this platform writes it; no two pushes have the same."""
        moment = utc_now().astimezone(CHINA) + timedelta(seconds=len(self.delivered))
        return moment.strftime("%a %b %d %H:%M:%S %z %Y")

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A private message."""
        number = self.next_id("m")
        data: dict[str, Any] = {}
        if file:
            self.files[number] = file
            data = {"vfid": f"v{number}", "tovfid": number}
        kind = file.kind if file else "text"
        self.show(address, Shown(provider_id=number, by="customer", kind=kind, text=text, data=file.data if file else None))
        await self.push(address, kind, "发了一个图片" if file else text, data)
        return number

    async def push(self, address: str, kind: str, text: str, data: Mapping[str, Any]) -> None:
        """Deliver what happened, signed as this platform signs: not what it says."""
        time, nonce = str(int(utc_now().timestamp())), self.next_id("nonce")
        query = {"timestamp": time, "nonce": nonce, "signature": signature(self.secrets["app_secret"], time, nonce)}
        body = {
            "type": kind,
            "receiver_id": UID,
            "sender_id": int(address),
            "created_at": self.written_now(),
            "text": text,
            "data": data,
        }
        await self.deliver(RawReceipt("POST", {"content-type": "application/json"}, query, msgspec.json.encode(body)))

    def customer_comments(self, address: str, text: str, status: int = 3444517204329764, to: int | None = None) -> str:
        """A comment under a post of the account; nothing is pushed."""
        number = int(self.next_id("")) + FIRST_COMMENT
        one: dict[str, Any] = {
            "id": number,
            "text": text,
            "created_at": self.written_now(),
            "user": {"id": int(address), "screen_name": "林语桐"},
            "status": {"id": status, "text": "新品：龙泉青瓷"},
        }
        self.comments.append(one | ({"reply_comment": {"id": to}} if to else {}))
        self.show(address, Shown(provider_id=f"c{number}", by="customer", kind="text", text=text, thread=str(status)))
        return f"c{number}"

    def token_info(self, asked: Asked) -> Answered:
        """Whose access token it is, and for how long."""
        return said({"uid": UID, "expire_in": 31_000_000})

    def to_me(self, asked: Asked) -> Answered:
        """Comments that came, newest first."""
        since, count, page = (int(asked.query[name]) for name in ("since_id", "count", "page"))
        found = [one for one in reversed(self.comments) if one["id"] > since]
        return said({"comments": found[(page - 1) * count : page * count], "total_number": len(found)})

    def reply(self, asked: Asked) -> Answered:
        """A private message to a customer."""
        form = asked.form()
        address, kind, data = form["receiver_id"], form["type"], msgspec.json.decode(form["data"])
        if address in self.gone:
            return self.refusing(20003, "User does not exists!")
        values = {"text": lambda: data["text"], "position": lambda: f"{data['latitude']},{data['longitude']}"}
        text = values[kind]() if kind in values else "\n".join(filter(None, data["articles"][0].values()))
        shown = {"text": "text", "position": "location", "articles": "card"}[kind]
        self.show(address, Shown(provider_id=self.next_id("sent"), by="company", kind=shown, text=text))
        return said({"result": True, "sender_id": UID, "receiver_id": int(address), "type": kind, "data": form["data"]})

    def write_comment(self, asked: Asked) -> Answered:
        """A comment of the account, under a post; shown to whom it answers."""
        form = asked.form()
        answered = next((one for one in self.comments if str(one["id"]) == form.get("cid")), None)
        if "cid" in form and answered is None:
            return self.refusing(20201, "Target weibo comment does not exist!")
        number = int(self.next_id("")) + FIRST_COMMENT
        address = str(answered["user"]["id"]) if answered else self.customers[0]
        self.show(
            address,
            Shown(
                provider_id=f"c{number}",
                by="company",
                kind="text",
                text=form["comment"],
                thread=form["id"],
                quoted=form.get("cid"),
            ),
        )
        return said({"id": number, "text": form["comment"], "created_at": self.written_now()})

    def destroy(self, asked: Asked) -> Answered:
        """A comment is gone, from every phone."""
        name = f"c{asked.form()['cid']}"
        if name not in {one.provider_id for shown in self.phones.values() for one in shown}:
            return self.refusing(20201, "Target weibo comment does not exist!")
        for address, shown in self.phones.items():
            self.phones[address] = [one for one in shown if one.provider_id != name]
        return said({"id": int(name[1:]), "text": ""})

    def download(self, asked: Asked) -> Answered:
        """A file that a customer sent."""
        file = self.files.get(asked.query.get("fid", ""))
        if file is None:
            return self.refusing(20101, "target does not exist!")
        return Answered(body=file.data, content_type=file.content_type, headers={"content-disposition": "attachment"})
