"""Routes of the forms."""

from litestar import Controller, Response, get, post
from litestar.response import Redirect

from qiao.platform.http.guards import public
from qiao.portal.form_pages import AnyRequest, FormPages

MAX_BODY = 30_000_000


class FormController(Controller):
    """Forms by the key of their inbox."""

    path = "/form/{inbox_key:str}"
    include_in_schema = False
    guards = (public,)

    @get()
    async def show(self, request: AnyRequest, inbox_key: str, forms: FormPages) -> Response[bytes]:
        """The form."""
        return await forms.show(request, inbox_key)

    @post(request_max_body_size=MAX_BODY)
    async def take(self, request: AnyRequest, inbox_key: str, forms: FormPages) -> Response[bytes] | Redirect:
        """What somebody entered."""
        return await forms.take(request, inbox_key)

    @get("/{ticket:str}")
    async def own_page(self, request: AnyRequest, inbox_key: str, ticket: str, forms: FormPages) -> Response[bytes]:
        """What was answered to one customer."""
        return await forms.own_page(request, inbox_key, ticket)


CONTROLLERS = (FormController,)
