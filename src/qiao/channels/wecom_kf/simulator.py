"""The platform's side of WeChat customer service: a log that is pulled by cursor, sessions with states, codes that are used up."""

from collections.abc import Mapping
from typing import Any, ClassVar

from qiao.channels.shared.errcode_simulating import ErrcodeSimulator
from qiao.channels.wecom_kf.states import State, may_move
from qiao.kit.clock import utc_now
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, SentFile, Shown, said

MESSAGE_COUNT = 5


class Simulator(ErrcodeSimulator):
    """One company with one customer service account."""

    owner = "wx5823bf96d3bd56c7"
    app = ("corpid", owner)
    secret = ("corpsecret", "a customer service secret")
    token_path = "/cgi-bin/gettoken"  # noqa: S105
    open_kfid = "wkAJ2GCAAASSm4"
    wrong_secret = 40001
    invalid_token = 40014
    media_gone = 40007
    codes: ClassVar[Mapping[Fault, int]] = {
        Fault.RATE_LIMITED: 45009,
        Fault.WINDOW_CLOSED: 95026,
        Fault.BLOCKED: 40096,
        Fault.MEDIA_EXPIRED: 40007,
    }
    settings: ClassVar[Mapping[str, Any]] = {"corp_id": owner, "open_kfid": open_kfid, "union_account": "lanting"}
    secrets: ClassVar[Mapping[str, str]] = {
        "kf_secret": secret[1],
        "callback_token": ErrcodeSimulator.callback_token,
        "encoding_aes_key": ErrcodeSimulator.callback_key,
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.log: list[dict[str, Any]] = []
        self.states: dict[str, State] = {}
        self.left: dict[str, int] = {}
        self.names: dict[str, str] = {}
        self.used: set[str] = set()
        self.pull_token = ""
        self.page = 1000

    def routes(self) -> Mapping[str, Handler]:
        """The calls that pulling and replying need."""
        return {
            f"GET {self.token_path}": self.give_token,
            "POST /cgi-bin/kf/sync_msg": self.guarded(self.sync),
            "POST /cgi-bin/kf/send_msg": self.guarded(self.send),
            "POST /cgi-bin/kf/send_msg_on_event": self.guarded(self.send_on_event),
            "POST /cgi-bin/kf/service_state/get": self.guarded(self.state),
            "POST /cgi-bin/kf/service_state/trans": self.guarded(self.move),
            "POST /cgi-bin/kf/customer/batchget": self.guarded(self.customers_told),
            "POST /cgi-bin/kf/account/list": self.guarded(
                lambda _: said({"errcode": 0, "account_list": [{"open_kfid": self.open_kfid, "name": "兰亭茶器客服"}]})
            ),
            "POST /cgi-bin/media/upload": self.guarded(self.upload),
            "GET /cgi-bin/media/get": self.guarded(self.download),
        }

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A message; a session that was over is new again."""
        self.names[address] = name
        self.left[address] = MESSAGE_COUNT
        if self.states.get(address, State.ENDED) is State.ENDED:
            self.states[address] = State.NEW
        kind = file.kind if file else "text"
        content = {"media_id": self.sent_in(file)} if file else {"content": text} | ({"menu_id": option} if option else {})
        number = await self.happens(3, address, {"msgtype": kind, kind: content})
        self.show(address, Shown(provider_id=number, by="customer", kind=kind, text=text, data=file.data if file else None))
        return number

    async def servicer_writes(self, address: str, text: str) -> str:
        """Somebody of the company answers in the platform's own app."""
        self.states[address] = State.HUMAN
        number = await self.happens(5, address, {"msgtype": "text", "servicer_userid": "zhangsan", "text": {"content": text}})
        self.show(address, Shown(provider_id=number, by="company", kind="text", text=text))
        return number

    async def event(self, address: str, event_type: str, **fields: Any) -> str:
        """Something that the platform tells: entering, failing, recalling, handing over."""
        event = {"event_type": event_type, "open_kfid": self.open_kfid, "external_userid": address, **fields}
        return await self.happens(4, "", {"msgtype": "event", "event": event})

    async def happens(self, origin: int, address: str, fields: Mapping[str, Any]) -> str:
        """Into the log, and a callback that says no more than that it is there."""
        number = self.next_id("kfmsg")
        whole = {"msgid": number, "send_time": int(utc_now().timestamp()), "origin": origin, **fields}
        self.log.append(whole | ({"open_kfid": self.open_kfid, "external_userid": address} if address else {}))
        self.pull_token = self.next_id("ENC")
        await self.deliver(
            self.sealed_xml(
                {
                    "ToUserName": self.owner,
                    "CreateTime": whole["send_time"],
                    "MsgType": "event",
                    "Event": "kf_msg_or_event",
                    "Token": self.pull_token,
                    "OpenKfId": self.open_kfid,
                }
            )
        )
        return number

    def sync(self, asked: Asked) -> Answered:
        """A page of the log."""
        body = asked.json()
        if body.get("token", self.pull_token) != self.pull_token:
            return self.refusing(95007, "invalid msg token")
        start = max(0, int(body.get("cursor") or 0) - self.first_number)
        end = min(start + min(body["limit"], self.page), len(self.log))
        return said(
            {
                "errcode": 0,
                "next_cursor": str(self.first_number + end),
                "has_more": int(end < len(self.log)),
                "msg_list": self.log[start:end],
            }
        )

    def send(self, asked: Asked) -> Answered:
        """A message to a customer, if the session's state and the window allow it."""
        body = asked.json()
        address = body["touser"]
        if self.states.get(address, State.NEW) not in {State.NEW, State.BOT}:
            return self.refusing(95018, "send msg session status invalid")
        if self.left.get(address, 1) < 1:
            return self.refusing(95001, "send msg count limit")
        if address in self.left:
            self.left[address] -= 1
        return self.put(address, body)

    def send_on_event(self, asked: Asked) -> Answered:
        """The one message that a code allows."""
        body = asked.json()
        address, _, code = body["code"].partition("/")
        if not code or body["code"] in self.used:
            return self.refusing(95002, "the code was used")
        self.used.add(body["code"])
        return self.put(address, body)

    def put(self, address: str, body: Mapping[str, Any]) -> Answered:
        """On the phone, once for one id."""
        if body["msgid"] not in {one.provider_id for one in self.shown(address)}:
            self.show(address, self.seen(body["msgid"], body["msgtype"], body[body["msgtype"]]))
        return said({"errcode": 0, "errmsg": "ok", "msgid": body["msgid"]})

    def seen(self, number: str, kind: str, content: Mapping[str, Any]) -> Shown:
        """What the phone shows of it."""
        if kind == "msgmenu":
            entries = [one[one["type"]] for one in content["list"]]
            is_card = content["list"][0]["type"] == "view"
            return Shown(
                provider_id=number,
                by="company",
                kind="card" if is_card else "options",
                text="\n".join([content["head_content"], *(one["url"] for one in entries if is_card)]),
                options=[one["content"] for one in entries],
                values=[one.get("id", "") for one in entries],
            )
        if kind in {"text", "location"}:
            text = content["content"] if kind == "text" else "\n".join(map(str, content.values()))
            return Shown(provider_id=number, by="company", kind=kind, text=text)
        file = self.media[content["media_id"]]
        return Shown(provider_id=number, by="company", kind=kind, data=file.data, name=file.name, content_type=file.content_type)

    def state(self, asked: Asked) -> Answered:
        """The state of a session."""
        return said({"errcode": 0, "service_state": self.states.get(asked.json()["external_userid"], State.NEW)})

    def move(self, asked: Asked) -> Answered:
        """Another state, if that may follow."""
        address, to = asked.json()["external_userid"], State(asked.json()["service_state"])
        if not may_move(self.states.get(address, State.NEW), to):
            return self.refusing(95016, "invalid session state")
        self.states[address] = to
        return said({"errcode": 0, "errmsg": "ok"})

    def customers_told(self, asked: Asked) -> Answered:
        """Names, and the id of the open platform."""
        wanted = [one for one in asked.json()["external_userid_list"] if one in self.names]
        told = [{"external_userid": one, "nickname": self.names[one], "unionid": f"union-{one}"} for one in wanted]
        return said({"errcode": 0, "customer_list": told})
