"""`./dev gen`: files made from the code, so that nobody edits them: the OpenAPI document, wiring, tables of channels and fields."""

import json
import sys
from pathlib import Path

from qiao.app.asgi import make_litestar

ROOT = Path(__file__).resolve().parents[3]


def openapi() -> str:
    """The OpenAPI document of every route."""
    schema = make_litestar().openapi_schema.to_schema()
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def wiring_page() -> str:
    """Fact -> subscribers, as a page of the docs."""
    from qiao.app.wiring_page import render  # noqa: PLC0415

    return render()


def channels_page(lang: str) -> str:
    """What every channel carries, as a page of the guide."""
    from qiao.app.channels_page import render  # noqa: PLC0415

    return render(lang)


def webhooks_page(lang: str) -> str:
    """The catalogue of webhooks, as a page of the guide."""
    from qiao.app.webhooks_page import render  # noqa: PLC0415

    return render(lang)


def fields_page() -> str:
    """Who may see and change which field, as a page of docs/trust."""
    from qiao.app.fields_page import render  # noqa: PLC0415

    return render()


def generated() -> dict[Path, str]:
    """Every generated file with what it should hold."""
    return {
        ROOT / "web/packages/client/openapi.json": openapi(),
        ROOT / "docs/wiring.md": wiring_page(),
        ROOT / "docs/guide/channels.md": channels_page("en"),
        ROOT / "docs/guide/channels.zh.md": channels_page("zh"),
        ROOT / "docs/guide/webhooks-catalogue.md": webhooks_page("en"),
        ROOT / "docs/guide/webhooks-catalogue.zh.md": webhooks_page("zh"),
        ROOT / "docs/trust/fields.md": fields_page(),
    }


def main() -> int:
    """Write what differs; with --check only say so."""
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run ./dev gen")  # noqa: T201
        return 1 if stale else 0
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
