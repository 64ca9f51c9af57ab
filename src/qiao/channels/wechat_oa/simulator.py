"""The platform's side of an Official Account, for tests and for trying: followers, their phones, and the API they are answered through."""

from collections.abc import Mapping
from typing import Any, ClassVar

from qiao.channels.shared.errcode_simulating import ErrcodeSimulator
from qiao.kit.clock import utc_now
from qiao.kit.plain_xml import written
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, SentFile, Shown, said

MESSAGE_COUNT = 5
EVENT_COUNT = 3
EVENTS = {"subscribe", "SCAN", "CLICK"}
TEMPLATE = {
    "template_id": "order-shipped",
    "title": "订单发货通知",
    "content": "{{first.DATA}}\n订单编号：{{keyword1.DATA}}\n快递公司：{{keyword2.DATA}}\n{{remark.DATA}}",
}


class Simulator(ErrcodeSimulator):
    """One Official Account. `shape` is how a callback is built: safe mode seals it, plain mode does not."""

    owner = "wx5823bf96d3bd56c7"
    app = ("appid", owner)
    secret = ("secret", "an app secret")
    token_path = "/cgi-bin/token"  # noqa: S105
    wrong_secret = 40125
    invalid_token = 40001
    media_gone = 40007
    codes: ClassVar[Mapping[Fault, int]] = {
        Fault.RATE_LIMITED: 45009,
        Fault.WINDOW_CLOSED: 45015,
        Fault.BLOCKED: 43004,
        Fault.MEDIA_EXPIRED: 40007,
    }
    settings: ClassVar[Mapping[str, Any]] = {"app_id": owner, "mode": "safe", "union_account": "lanting"}
    secrets: ClassVar[Mapping[str, str]] = {
        "app_secret": secret[1],
        "callback_token": ErrcodeSimulator.callback_token,
        "encoding_aes_key": ErrcodeSimulator.callback_key,
    }

    mode = "safe"

    def routes(self) -> Mapping[str, Handler]:
        """The calls that replies need."""
        return {
            f"GET {self.token_path}": self.give_token,
            "POST /cgi-bin/message/custom/send": self.guarded(self.send),
            "POST /cgi-bin/message/custom/typing": self.guarded(self.typing),
            "POST /cgi-bin/message/template/send": self.guarded(self.send_template),
            "GET /cgi-bin/template/get_all_private_template": self.guarded(lambda _: said({"template_list": [TEMPLATE]})),
            "GET /cgi-bin/getcallbackip": self.guarded(lambda _: said({"ip_list": ["127.0.0.1"]})),
            "GET /cgi-bin/user/info": self.guarded(self.follower),
            "POST /cgi-bin/media/upload": self.guarded(self.upload_media),
            "GET /cgi-bin/media/get": self.guarded(self.download_media),
            "GET /video/{media_id}": self.video,
        }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.left: dict[str, int] = {}
        self.gone: set[str] = set()
        self.typed: list[str] = []
        self.unions: dict[str, str] = {}
        """The union ids of followers."""

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A message: text, a file, or an entry of a menu that was tapped."""
        self.left[address] = MESSAGE_COUNT
        self.unions.setdefault(address, f"union-{address}")
        number = str(23_000_000_000_000_000 + self.number())
        fields: dict[str, Any] = {"MsgType": "text", "Content": text}
        if file:
            media_id = self.sent_in(file)
            fields = {"MsgType": file.kind, "MediaId": media_id, "PicUrl": f"http://pictures.test/{media_id}", "Format": "amr"}
        if option:
            fields["bizmsgmenuid"] = option
        kind = file.kind if file else "text"
        self.show(address, Shown(provider_id=number, by="customer", kind=kind, text=text, data=file.data if file else None))
        await self.call_back(address, fields | {"MsgId": int(number)})
        return number

    async def customer_does(self, address: str, event: str, **fields: Any) -> None:
        """Follows, leaves, scans, taps the account's own menu."""
        if event in EVENTS:
            self.left[address] = max(EVENT_COUNT, self.left.get(address, 0))
        (self.gone.add if event == "unsubscribe" else self.gone.discard)(address)
        await self.call_back(address, {"MsgType": "event", "Event": event, **fields})

    async def call_back(self, address: str, fields: Mapping[str, Any]) -> None:
        """Deliver what happened."""
        whole = {"ToUserName": "gh_account", "FromUserName": address, "CreateTime": int(utc_now().timestamp()), **fields}
        if self.mode == "safe":
            await self.deliver(self.sealed_xml(whole))
            return
        query = self.signed(self.next_id("nonce-"))
        await self.deliver(RawReceipt("POST", {"content-type": "text/xml"}, query, written(whole)))

    def send(self, asked: Asked) -> Answered:
        """A customer-service message."""
        body = asked.json()
        address, kind = body["touser"], body["msgtype"]
        refused = self.refused(address, body)
        if refused:
            return self.refusing(refused)
        if address in self.left:
            self.left[address] -= 1
        self.show(address, self.seen(kind, body[kind]))
        return said({"errcode": 0, "errmsg": "ok"})

    def refused(self, address: str, body: Mapping[str, Any]) -> int:
        """The code for what does not go, or 0."""
        if address in self.gone:
            return 43004
        if self.left.get(address, 1) < 1:
            return 45047
        if len(body.get("text", {}).get("content", "").encode()) > 2048:
            return 45002
        return 0

    def seen(self, kind: str, content: Mapping[str, Any]) -> Shown:
        """What the phone shows of it."""
        number = self.next_id("sent-")
        if kind == "msgmenu":
            return Shown(
                provider_id=number,
                by="company",
                kind="options",
                text=content["head_content"],
                options=[one["content"] for one in content["list"]],
                values=[one["id"] for one in content["list"]],
            )
        if kind == "news":
            article = content["articles"][0]
            return Shown(provider_id=number, by="company", kind="card", text="\n".join(article.values()))
        if kind == "text":
            return Shown(provider_id=number, by="company", kind="text", text=content["content"])
        file = self.media[content["media_id"]]
        return Shown(provider_id=number, by="company", kind=kind, data=file.data, name=file.name, content_type=file.content_type)

    def send_template(self, asked: Asked) -> Answered:
        """A template message; it opens nothing and counts nowhere."""
        body = asked.json()
        if body["touser"] in self.gone:
            return self.refusing(43004)
        text = "\n".join(one["value"] for one in body["data"].values())
        number = str(self.number())
        self.show(body["touser"], Shown(provider_id=number, by="company", kind="template", text=text))
        return said({"errcode": 0, "errmsg": "ok", "msgid": int(number)})

    def typing(self, asked: Asked) -> Answered:
        """Somebody is writing."""
        self.typed.append(asked.json()["touser"])
        return said({"errcode": 0, "errmsg": "ok"})

    def follower(self, asked: Asked) -> Answered:
        """Of those who do not follow, only the id is told."""
        openid = asked.query["openid"]
        if openid in self.gone or openid not in self.unions:
            return said({"subscribe": 0, "openid": openid})
        known = {"nickname": "", "language": "zh_CN", "headimgurl": "", "subscribe_scene": "ADD_SCENE_QR_CODE"}
        return said({"subscribe": 1, "openid": openid, "unionid": self.unions[openid], **known})

    def upload_media(self, asked: Asked) -> Answered:
        """A thumbnail has a field of its own."""
        answer = self.upload(asked)
        if asked.query.get("type") == "thumb":
            return Answered(body=answer.body.replace(b'"media_id"', b'"thumb_media_id"'))
        return answer

    def download_media(self, asked: Asked) -> Answered:
        """A video is told as an address."""
        file = self.media.get(asked.query.get("media_id", ""))
        if file and file.kind == "video":
            return said({"video_url": f"{self.origin}/video/{asked.query['media_id']}"})
        return self.download(asked)

    async def video(self, asked: Asked) -> Answered:
        """Where a video is fetched from."""
        file = self.media.get(asked.places["media_id"])
        return Answered(body=file.data, content_type=file.content_type) if file else Answered(status=404)
