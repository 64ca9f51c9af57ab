"""The platform's side of a mini program's customer service: its session, the customers' phones, and the API of replies."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from qiao.channels.shared.errcode_simulating import ErrcodeSimulator
from qiao.kit.clock import utc_now
from qiao.kit.lazy import lazy
from qiao.kit.plain_xml import written
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, SentFile, Shown, said

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import ciphers
    from cryptography.hazmat.primitives.ciphers import algorithms, modes
else:
    ciphers = lazy("cryptography.hazmat.primitives.ciphers")
    algorithms = lazy("cryptography.hazmat.primitives.ciphers.algorithms")
    modes = lazy("cryptography.hazmat.primitives.ciphers.modes")

MESSAGE_COUNT = 5
ENTER_COUNT = 2


class Simulator(ErrcodeSimulator):
    """One mini program. `as_json` and `mode` are what its console lets one choose."""

    owner = "wxba5fad812f8e6fb9"
    app = ("appid", owner)
    secret = ("secret", "an app secret")
    token_path = "/cgi-bin/token"  # noqa: S105
    wrong_secret = 40125
    invalid_token = 40001
    media_gone = 40007
    codes: ClassVar[Mapping[Fault, int]] = {
        Fault.RATE_LIMITED: 45009,
        Fault.WINDOW_CLOSED: 45015,
        Fault.BLOCKED: 40003,
        Fault.MEDIA_EXPIRED: 40007,
    }
    settings: ClassVar[Mapping[str, Any]] = {"app_id": owner, "mode": "safe", "union_account": "lanting"}
    secrets: ClassVar[Mapping[str, str]] = {
        "app_secret": secret[1],
        "callback_token": ErrcodeSimulator.callback_token,
        "encoding_aes_key": ErrcodeSimulator.callback_key,
    }

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.mode, self.as_json = "safe", True
        self.left: dict[str, int] = {}
        self.typed: list[str] = []
        self.codes_given: dict[str, str] = {}
        """Whom each code that was not used yet signs in."""
        self.session_key = base64.b64encode(b"a session's key!").decode()

    def routes(self) -> Mapping[str, Handler]:
        """The calls that replies need."""
        return {
            f"GET {self.token_path}": self.give_token,
            "GET /sns/jscode2session": self.session,
            "POST /cgi-bin/message/custom/send": self.guarded(self.send),
            "POST /cgi-bin/message/custom/typing": self.guarded(self.typing),
            "POST /cgi-bin/media/upload": self.guarded(self.upload),
            "GET /cgi-bin/media/get": self.guarded(self.download),
        }

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """Text or a picture."""
        self.left[address] = MESSAGE_COUNT
        number = str(24_000_000_000_000_000 + self.number())
        kind = "image" if file else "text"
        content: dict[str, Any] = (
            {"MediaId": self.sent_in(file), "PicUrl": "http://pictures.test/1"} if file else {"Content": text}
        )
        self.show(address, Shown(provider_id=number, by="customer", kind=kind, text=text, data=file.data if file else None))
        await self.push(address, {"MsgType": kind, **content, "MsgId": int(number)})
        return number

    async def customer_enters(self, address: str, session_from: str = "") -> None:
        """Taps the button that opens the session."""
        self.left[address] = max(ENTER_COUNT, self.left.get(address, 0))
        await self.push(address, {"MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": session_from})

    def signs_in(self, address: str, **data: Any) -> str:
        """The customer signs in on their phone; gives what the mini program puts into the button, with data that was asked for."""
        code = f"{self.next_id('code')}-{'x' * 22}"
        self.codes_given[code] = address
        if not data:
            return f"login:{code}"
        plain = msgspec.json.encode({**data, "watermark": {"timestamp": 1_770_000_000, "appid": self.owner}})
        pad, key, start = 16 - len(plain) % 16, base64.b64decode(self.session_key), b"0123456789abcdef"
        encryptor = ciphers.Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
        sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        return f"login:{code}:{base64.b64encode(sealed).decode()}:{base64.b64encode(start).decode()}"

    async def session(self, asked: Asked) -> Answered:
        """What a code is worth, once."""
        known = {"appid": self.owner, "secret": self.secret[1], "grant_type": "authorization_code"}
        if any(asked.query.get(name) != value for name, value in known.items()):
            return self.refusing(40125)
        address = self.codes_given.pop(asked.query["js_code"], None)
        if address is None:
            return self.refusing(40029, "invalid code")
        return said({"openid": address, "session_key": self.session_key, "unionid": f"union-{address}"})

    async def push(self, address: str, content: Mapping[str, Any]) -> None:
        """Deliver it in the format and mode that were chosen."""
        fields = {
            "ToUserName": "gh_97417a04a28d",
            "FromUserName": address,
            "CreateTime": int(utc_now().timestamp()),
            **content,
        }
        inside = msgspec.json.encode(fields) if self.as_json else written(fields)
        if self.mode == "plain":
            await self.deliver(RawReceipt("POST", {}, self.signed(self.next_id("nonce-")), inside))
            return
        receipt = self.sealed_bytes(inside)
        if self.as_json:
            encrypted = receipt.body.split(b"<![CDATA[")[2].split(b"]]>")[0].decode()
            body = msgspec.json.encode({"ToUserName": "gh_97417a04a28d", "Encrypt": encrypted})
            receipt = msgspec.structs.replace(receipt, headers={"content-type": "application/json"}, body=body)
        await self.deliver(receipt)

    def send(self, asked: Asked) -> Answered:
        """A reply."""
        body = asked.json()
        address, kind = body["touser"], body["msgtype"]
        if self.left.get(address, 1) < 1:
            return self.refusing(45047)
        if address in self.left:
            self.left[address] -= 1
        content, number = body[kind], self.next_id("sent-")
        if kind == "image":
            file = self.media[content["media_id"]]
            self.show(
                address,
                Shown(
                    provider_id=number, by="company", kind=kind, data=file.data, name=file.name, content_type=file.content_type
                ),
            )
        else:
            text = content["content"] if kind == "text" else "\n".join(content.values())
            self.show(address, Shown(provider_id=number, by="company", kind="text" if kind == "text" else "card", text=text))
        return said({"errcode": 0, "errmsg": "ok"})

    def typing(self, asked: Asked) -> Answered:
        """Somebody is writing."""
        self.typed.append(asked.json()["touser"])
        return said({"errcode": 0, "errmsg": "ok"})
