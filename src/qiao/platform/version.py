"""The version of this program, as installed."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("qiao")
    except PackageNotFoundError:
        return "0.0.0"


APP_VERSION = _installed()
