"""The peer django-helpdesk, where BENCH_HELPDESK names the Python of an environment that has `django-helpdesk` and `gunicorn`.

Its REST API behind one gunicorn worker, on SQLite, with the cheapest password hasher, so that signing in is not what is measured.
"""

import base64
import contextlib
import os
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

from bench.drive import Started, folder, free_port
from bench.load import TEXT, Plan
from bench.peers import listens
from bench.processes import child_environment, running, wait_until

STORED_PER_CPU_SECOND = 27.0
"""Measured on another day on a machine of two virtual AMD EPYC cores; shown where the peer is not installed."""

_SETTINGS = """\
from pathlib import Path
AT = Path(__file__).parent
SECRET_KEY = "bench"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": AT / "db.sqlite3",
    "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"}}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.sites",
    "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.humanize", "django.contrib.admin",
    "rest_framework", "helpdesk"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages"]}}]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"]}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1
STATIC_URL = "/static/"
MEDIA_ROOT = AT / "media"
USE_TZ = True
HELPDESK_TEAMS_MODE_ENABLED = False
HELPDESK_ACTIVATE_API_ENDPOINT = True
"""
_URLS = """\
from django.contrib import admin
from django.urls import include, path
urlpatterns = [path("admin/", admin.site.urls), path("helpdesk/", include("helpdesk.urls"))]
"""
_FILL = """\
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
from helpdesk.models import Queue
User.objects.create_superuser("bench", "bench@example.com", "bench")
Queue.objects.create(title="Bench", slug="bench")
"""
_APPLICATION = """\
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""


def helpdesk_python() -> str | None:
    """The interpreter that was named, if there is one."""
    named = os.environ.get("BENCH_HELPDESK", "")
    python = Path(named) / "bin" / "python" if named and Path(named).is_dir() else Path(named)
    return str(python) if named and python.exists() else None


@contextlib.contextmanager
def helpdesk(python: str) -> Generator[tuple[Started, Callable[[float], Plan]]]:
    """A fresh helpdesk with one queue, and the plan of a load on it. Raises RuntimeError when it cannot be set up."""
    with folder() as at:
        for name, text in {"settings": _SETTINGS, "urls": _URLS, "fill": _FILL, "application": _APPLICATION}.items():
            (at / f"{name}.py").write_text(text)
        environment = child_environment(DJANGO_SETTINGS_MODULE="settings", PYTHONPATH=str(at))
        done = subprocess.run([python, str(at / "fill.py")], check=False, capture_output=True, env=environment, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"django-helpdesk was not set up:\n{done.stderr.decode(errors='replace')[-2_000:]}")
        port, log = free_port(), at / "server.log"
        log.touch()
        command = [
            python,
            "-m",
            "gunicorn",
            "--workers",
            "1",
            "--keep-alive",
            "30",
            "--worker-class",
            "gthread",
            "--threads",
            "4",
        ]
        with running([*command, "--bind", f"127.0.0.1:{port}", "application"], log, environment) as process:
            taken = wait_until(lambda: listens(port), process, log)
            yield Started(process.pid, port, taken, log), lambda seconds: _plan(port, seconds)


def _plan(port: int, seconds: float) -> Plan:
    credentials = base64.b64encode(b"bench:bench").decode()
    return Plan(
        scenario="begin",
        port=port,
        connections=4,
        seconds=seconds,
        options={
            "path": "/helpdesk/api/tickets/",
            "headers": f"Authorization: Basic {credentials}\r\n",
            "fields": {"queue": 1, "title": "Order", "description": TEXT, "submitter_email": "c@shop.example", "priority": 3},
        },
    )
