"""Aliyun's side: checks the signature of every call, pushes texts and reports."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from qiao.channels.sms_aliyun import codec
from qiao.kit.clock import utc_now
from qiao.ports.channel import RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

SECRET = "simulated-secret"  # noqa: S105 - it guards a simulator
PUSH_SECRET = "simulated-push-secret"  # noqa: S105 - as above
_FAULTS = {
    Fault.RATE_LIMITED: "isv.BUSINESS_LIMIT_CONTROL",
    Fault.TOKEN_REVOKED: "InvalidAccessKeyId.NotFound",
    Fault.CREDENTIALS_REFUSED: "SignatureDoesNotMatch",
    Fault.BLOCKED: "isv.BLACK_KEY_CONTROL_LIMIT",
    Fault.WINDOW_CLOSED: "isv.SMS_TEMPLATE_ILLEGAL",
}


class Simulator(PlatformSimulator):
    """One signature name of one account."""

    settings: ClassVar[Mapping[str, Any]] = {
        "access_key_id": "LTAIsimulated",
        "sign_name": "兰亭茶器",
        "text_template": "SMS_1",
        "template_variables": {"SMS_2": ["name", "order"]},
    }
    secrets: ClassVar[Mapping[str, str]] = {"access_key_secret": SECRET, "push_secret": PUSH_SECRET}
    templates: ClassVar[Mapping[str, str]] = {"SMS_1": "${content}", "SMS_2": "${name}您好，订单 ${order} 已发货。"}

    def routes(self) -> Mapping[str, Handler]:
        """One address for every action."""
        return {"POST /": self._called}

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        """By its codes."""
        if fault is Fault.SERVER_ERROR:
            return Answered(status=HTTPStatus.SERVICE_UNAVAILABLE)
        return said({"Code": _FAULTS[fault], "Message": fault.value}, HTTPStatus.BAD_REQUEST)

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = "林语桐"
    ) -> str:
        """A text of the customer, pushed."""
        number = self.next_id("").lstrip("0")
        self.show(address, Shown(provider_id=number, by="customer", kind="text", text=text))
        await self.push(
            {
                "phone_number": address.removeprefix("+86"),
                "send_time": _beijing(utc_now()),
                "content": text,
                "sign_name": "兰亭茶器",
                "dest_code": "1234",
                "sequence_id": int(number),
            }
        )
        return number

    async def report(self, biz_id: str, *, success: bool, code: str) -> None:
        """What became of a message."""
        told = {"phone_number": "13900002001", "success": success, "err_code": code, "report_time": _beijing(utc_now())}
        await self.push({**told, "sms_size": "1", "biz_id": biz_id, "out_id": ""})

    async def push(self, *entries: Mapping[str, Any]) -> None:
        """Deliver a list."""
        headers = {"content-type": "application/json;charset=utf-8"}
        await self.deliver(RawReceipt("POST", headers, {"secret": PUSH_SECRET}, msgspec.json.encode(entries)))

    async def _called(self, asked: Asked) -> Answered:
        form = asked.form()
        given = form.pop("Signature", "")
        if given != codec.signature("POST", form, SECRET):
            return said({"Code": "SignatureDoesNotMatch", "Message": "the signature is not right"}, HTTPStatus.BAD_REQUEST)
        if form["Action"] == "QuerySmsSign":
            return said({"Code": "OK", "Message": "OK", "SignName": form["SignName"], "SignStatus": 1})
        template = self.templates.get(form["TemplateCode"])
        if template is None:
            return said({"Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "模板不合法"}, HTTPStatus.BAD_REQUEST)
        biz_id = self.next_id("biz")
        self.show(codec.international(form["PhoneNumbers"]), self._text(biz_id, form, template))
        return said({"Code": "OK", "Message": "OK", "BizId": biz_id, "RequestId": biz_id})

    def _text(self, biz_id: str, form: Mapping[str, str], template: str) -> Shown:
        text = template
        for name, value in msgspec.json.decode(form["TemplateParam"], type=dict[str, str]).items():
            text = text.replace(f"${{{name}}}", value)
        return Shown(provider_id=biz_id, by="company", kind="text", text=text)


def _beijing(at: datetime) -> str:
    return at.astimezone(codec.BEIJING).strftime("%Y-%m-%d %H:%M:%S")
