"""The platform's side of APIs with an `errcode`: one valid access token, temporary media, sealed callbacks. Names no provider."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from qiao.kit.clock import utc_now
from qiao.kit.plain_xml import written
from qiao.kit.sealed_callback import sealed, signature
from qiao.ports.channel import Manifest, RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Webhook, said


class ErrcodeSimulator(PlatformSimulator):
    """Subclass with `token_path`, `app`, `secret`, `codes`, `owner` and the platform's own routes."""

    token_path: ClassVar[str]
    app: ClassVar[tuple[str, str]]
    """The field of the query that names the app, and its value."""
    secret: ClassVar[tuple[str, str]]
    owner: ClassVar[str]
    """Whose envelope a callback is."""
    callback_token: ClassVar[str] = "a callback token"  # noqa: S105 - of the tests
    callback_key: ClassVar[str] = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
    codes: ClassVar[Mapping[Fault, int]]
    wrong_secret: ClassVar[int]
    invalid_token: ClassVar[int]
    media_gone: ClassVar[int]

    def __init__(self, manifest: Manifest, webhook: Webhook | None = None) -> None:
        super().__init__(manifest, webhook)
        self.valid = ""
        self.credentials_hold = True
        self.issued = 0
        self.media: dict[str, SentFile] = {}

    def refusing(self, code: int, words: str = "simulated") -> Answered:
        """An answer that is a refusal: 200 all the same."""
        return said({"errcode": code, "errmsg": f"{words} rid: 65f-1"})

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """Where the access token is asked for, only credentials can be wrong: the rest waits for the call that is meant."""
        if fault is Fault.SERVER_ERROR:
            return Answered(status=503, body=b"busy", content_type="text/plain")
        if fault in {Fault.CREDENTIALS_REFUSED, Fault.TOKEN_REVOKED}:
            self.valid = ""
            self.credentials_hold = fault is Fault.TOKEN_REVOKED
            fault_code = self.invalid_token
        else:
            fault_code = self.codes[fault]
        if asked.path != self.token_path or fault is Fault.RATE_LIMITED:
            return self.refusing(fault_code)
        if fault is not Fault.CREDENTIALS_REFUSED:
            self.go_wrong(fault)
        return self.token_call(asked)

    def token_call(self, asked: Asked) -> Answered:
        """A new access token, which ends the one before."""
        if asked.query.get(self.app[0]) != self.app[1] or asked.query.get(self.secret[0]) != self.secret[1]:
            return self.refusing(self.wrong_secret, "invalid secret")
        if not self.credentials_hold:
            return self.refusing(self.wrong_secret, "invalid secret")
        self.issued += 1
        self.valid = f"access-{self.issued}"
        return said({"errcode": 0, "errmsg": "ok", "access_token": self.valid, "expires_in": 7200})

    async def give_token(self, asked: Asked) -> Answered:
        """The route of the access token."""
        return self.token_call(asked)

    def guarded(self, handler: Callable[[Asked], Answered]) -> Handler:
        """A route that wants a valid access token."""

        async def checked(asked: Asked) -> Answered:
            if not self.valid or asked.query.get("access_token") != self.valid:
                return self.refusing(self.invalid_token, "invalid credential, access_token is invalid or not latest")
            return handler(asked)

        return checked

    def upload(self, asked: Asked) -> Answered:
        """Temporary media in."""
        part = asked.parts()["media"]
        file = SentFile(
            kind=asked.query.get("type", ""), data=part.data, name=part.filename or "", content_type=part.content_type
        )
        media_id = self.sent_in(file)
        return said({"type": asked.query.get("type"), "media_id": media_id, "created_at": 1_700_000_000})

    def download(self, asked: Asked) -> Answered:
        """Temporary media out."""
        file = self.media.get(asked.query.get("media_id", ""))
        if file is None:
            return self.refusing(self.media_gone, "invalid media_id")
        headers = {"content-disposition": f'attachment; filename="{asked.query["media_id"]}"'}
        return Answered(body=file.data, content_type=file.content_type, headers=headers)

    def sent_in(self, file: SentFile) -> str:
        """A customer's file, as the platform keeps it; its id."""
        media_id = self.next_id("media-")
        self.media[media_id] = file
        return media_id

    def number(self) -> int:
        """An id that is a number; no two are the same, though the platform is begun anew."""
        return int(self.next_id(""))

    def sealed_xml(self, fields: Mapping[str, Any], owner: str | None = None) -> RawReceipt:
        """A callback in its envelope, signed."""
        return self.sealed_bytes(written(fields), owner)

    def sealed_bytes(self, inner: bytes, owner: str | None = None) -> RawReceipt:
        """The same around whatever it may be."""
        number = self.next_id("nonce-")
        seed = hashlib.sha256(number.encode()).digest()[:16]
        encrypted = sealed(self.callback_key, inner, owner or self.owner, seed)
        query = self.signed(number, encrypted)
        return RawReceipt(
            "POST", {"content-type": "text/xml"}, query, written({"ToUserName": "gh_account", "Encrypt": encrypted})
        )

    def signed(self, nonce: str, *parts: str) -> dict[str, str]:
        """The query of a callback: with parts, they are signed too."""
        timestamp = str(int(utc_now().timestamp()))
        own = {"timestamp": timestamp, "nonce": nonce, "signature": signature(self.callback_token, timestamp, nonce)}
        if parts:
            own |= {"encrypt_type": "aes", "msg_signature": signature(self.callback_token, timestamp, nonce, *parts)}
        return own
