"""What is given for running many nodes: settings that exist, routes that exist, ports that agree, no secret inside, no `latest`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
from certificate import own_certificate
from chart import rendered

from qiao.app.asgi import make_litestar
from qiao.app.roles import check_node
from qiao.platform.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
NODES = {name: one for name, one in COMPOSE["services"].items() if one["image"].startswith("qiao:")}
KNOWN = {f"QIAO_{name.upper()}" for name in Settings.__struct_fields__}


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return rendered(DEPLOY / "helm")


def of(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"\bQIAO_[A-Z_]+\b", path.read_text()))
    assert named - KNOWN == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_image_says_which_version(path: Path) -> None:
    text = path.read_text()
    images = re.findall(r"^\s*image: ([^\s\"{]+)$|^FROM (\S+)", text, re.MULTILINE)
    assert ":latest" not in text
    assert [name for pair in images for name in pair if name and not re.search(r":\d", name)] == []


def test_probes_ask_routes_that_exist(objects) -> None:
    routes = {route.path for route in make_litestar().routes}
    asked = set(re.findall(r"8717(/\w+)", str(NODES)))
    for deployment in of(objects, "Deployment").values():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        asked |= {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert asked == {"/healthz", "/readyz"}
    assert asked <= routes


# --- Compose ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NODES)
def test_a_node_of_compose_starts_with_what_it_is_given(name: str) -> None:
    given = {key: value for key, value in NODES[name]["environment"].items() if key != "QIAO_PUBLIC_URL"}
    settings = read_settings(given)
    check_node(settings)
    assert settings.role == name.split("-", maxsplit=1)[0]
    assert settings.bus_url == "nats://nats:4222"


def test_compose_has_two_of_each_face_and_a_worker() -> None:
    roles = [one["environment"]["QIAO_ROLE"] for one in NODES.values()]
    assert sorted(roles) == ["live", "live", "web", "web", "worker"]
    assert {"postgres", "nats", "nginx"} <= COMPOSE["services"].keys()


def test_the_proxy_of_compose_is_the_one_that_is_believed() -> None:
    address = COMPOSE["services"]["nginx"]["networks"]["inside"]["ipv4_address"]
    assert {one["environment"]["QIAO_TRUSTED_PROXIES"] for one in NODES.values()} == {address}


def test_the_proxy_of_compose_knows_every_node_by_its_name_and_port() -> None:
    text = (DEPLOY / "compose" / "upstream.conf").read_text()
    served = {
        name: set(re.findall(r"server ([\w.-]+):(\d+)", block))
        for name, block in re.findall(r"upstream (\w+) \{(.*?)\}", text, re.DOTALL)
    }
    faces = {role: {(name, "8717") for name in NODES if name.startswith(role)} for role in ("web", "live")}
    assert served == {"qiao_web": faces["web"], "qiao_live": faces["live"]}


def test_only_the_proxy_can_be_reached_and_from_this_machine_alone() -> None:
    ports = {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one}
    assert ports == {"nginx": ["127.0.0.1:8080:8080"]}
    assert "listen 8080;" in (DEPLOY / "compose" / "listen.conf").read_text()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_no_secret_is_given_along(path: Path) -> None:
    text = path.read_text()
    given = re.findall(r"^\s*\w*(?:PASSWORD|SECRET_KEY): *(\S+)", text, re.MULTILINE)
    assert [one for one in given if not one.startswith("${")] == []


def test_what_must_be_set_is_asked_for() -> None:
    text = (DEPLOY / "compose" / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+):\?", text)) == {"POSTGRES_PASSWORD", "QIAO_SECRET_KEY"}


# --- the image --------------------------------------------------------------------------------------------------------------


def test_the_image_is_made_from_the_lock_file_and_does_not_run_as_root() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert "uv sync --frozen --no-dev" in text
    assert "npm ci" in text
    assert re.search(r"^USER (?!0\b|root)\S+$", text, re.MULTILINE)
    copied = [one for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for one in line.split()]
    assert [one for one in copied if not (ROOT / one).exists()] == []
    assert f"EXPOSE {Settings().port}" in text


# --- the chart --------------------------------------------------------------------------------------------------------------


def test_each_role_has_a_deployment_a_scaler_and_a_budget(objects) -> None:
    names = {"desk-web", "desk-live", "desk-worker"}
    for kind in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
        assert set(of(objects, kind)) == names
    for name, scaler in of(objects, "HorizontalPodAutoscaler").items():
        assert scaler["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        assert 2 <= scaler["spec"]["minReplicas"] < scaler["spec"]["maxReplicas"]


def test_a_node_of_the_chart_starts_with_what_it_is_given(objects) -> None:
    secret = {"QIAO_DATABASE_URL": "postgresql://db.example/qiao", "QIAO_SECRET_KEY": "x" * 40}
    for name, deployment in of(objects, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        settings = read_settings({**secret, **{one["name"]: one["value"] for one in container["env"]}})
        check_node(settings)
        assert f"desk-{settings.role}" == name
        assert container["ports"] == [{"name": "http", "containerPort": settings.port}]
        assert container["envFrom"] == [{"secretRef": {"name": "qiao"}}]
        assert container["image"] == "registry.example/qiao:0.1.0"
        assert container["args"] == ["serve"]


def test_what_selects_finds_what_is_labelled(objects) -> None:
    pods = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in of(objects, "Deployment").items()}
    selectors = {name: one["spec"]["selector"]["matchLabels"] for name, one in of(objects, "Deployment").items()}
    selectors |= {
        f"budget {name}": one["spec"]["selector"]["matchLabels"] for name, one in of(objects, "PodDisruptionBudget").items()
    }
    selectors |= {f"service {name}": one["spec"]["selector"] for name, one in of(objects, "Service").items()}
    for name, selector in selectors.items():
        found = [pod for pod, labels in pods.items() if selector.items() <= labels.items()]
        assert found == [name.split()[-1]]


def test_sockets_go_to_live_and_the_rest_to_web_as_behind_nginx(objects) -> None:
    paths = led_to(of(objects, "Ingress")["desk"])
    assert paths == {"/live": "desk-live", "/visitor/v1/live": "desk-live", "/": "desk-web"}
    assert set(paths.values()) == set(of(objects, "Service"))
    text = (DEPLOY / "nginx" / "nginx.conf").read_text()
    behind = dict(re.findall(r"location (?:= )?(\S+) \{\s+proxy_pass http://qiao_(\w+);", text))
    assert {path: f"desk-{role}" for path, role in behind.items()} == paths


def led_to(ingress: dict[str, Any]) -> dict[str, str]:
    """Which service each address of an ingress leads to."""
    (rule,) = ingress["spec"]["rules"]
    return {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}


def test_files_of_pages_are_asked_of_the_next_node_too_as_behind_nginx(objects) -> None:
    ingress = of(objects, "Ingress")["desk-pages"]
    text = (DEPLOY / "nginx" / "nginx.conf").read_text()
    places, asked = re.search(r"location ~ \^/\(\?:(\S+)\)/ \{\s+proxy_pass \S+\s+proxy_next_upstream (.+);", text).groups()
    assert led_to(ingress) == {f"/{one}": "desk-web" for one in places.split("|")}
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-next-upstream"] == asked
    assert ingress["metadata"]["annotations"].items() >= of(objects, "Ingress")["desk"]["metadata"]["annotations"].items()


def test_what_is_not_for_others_is_closed_as_behind_nginx(objects) -> None:
    closed = of(objects, "Ingress")["desk-closed"]
    refused = re.findall(r"location = (\S+) \{\s+return 404;", (DEPLOY / "nginx" / "nginx.conf").read_text())
    assert list(led_to(closed)) == refused == ["/metrics"]
    assert closed["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/denylist-source-range": "0.0.0.0/0,::/0"}


def test_every_ingress_has_tls_for_its_host(objects) -> None:
    for ingress in of(objects, "Ingress").values():
        (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
        assert tls["hosts"] == [rule["host"]]
    assert of(objects, "Ingress")["desk"]["metadata"]["annotations"]["nginx.ingress.kubernetes.io/force-ssl-redirect"] == "true"


def test_a_stop_has_the_time_that_it_takes(objects) -> None:
    for deployment in of(objects, "Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        pause = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
        assert pod["terminationGracePeriodSeconds"] >= pause + Settings().drain_seconds + 20
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert {one["stop_grace_period"] for one in NODES.values()} == {"40s"}


def test_nodes_of_the_chart_have_no_more_rights_than_they_need(objects) -> None:
    for deployment in of(objects, "Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        inside = pod["containers"][0]["securityContext"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert (inside["allowPrivilegeEscalation"], inside["readOnlyRootFilesystem"]) == (False, True)


def test_without_an_ingress_there_is_none() -> None:
    values = yaml.safe_load((DEPLOY / "helm" / "values.yaml").read_text())
    assert of(rendered(DEPLOY / "helm", ingress={**values["ingress"], "enabled": False}), "Ingress") == {}


# --- TLS, as the example for many nodes has it; a real nginx is asked in test_tls_of_nginx.py -------------------------------


def listen() -> dict[str, list[str]]:
    """What the example says of how it is reached."""
    found: dict[str, list[str]] = {}
    for name, told in re.findall(r"^\s*(\w+) ([^;{]+);", (DEPLOY / "nginx" / "listen.conf").read_text(), re.MULTILINE):
        found.setdefault(name, []).append(told)
    return found


def test_tls_1_2_and_1_3_alone_are_offered() -> None:
    assert listen()["ssl_protocols"] == ["TLSv1.2 TLSv1.3"]
    assert listen()["ssl_session_tickets"] == ["off"]


def test_every_cipher_forgets_its_keys_and_notices_what_was_touched() -> None:
    (named,) = listen()["ssl_ciphers"]
    for cipher in named.split(":"):
        assert re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA\d+|CHACHA20-POLY1305)", cipher)


def test_nobody_is_served_without_tls() -> None:
    text = (DEPLOY / "nginx" / "listen.conf").read_text()
    assert listen()["listen"] == ["80", "443 ssl"]
    assert re.search(r"if \(\$scheme = http\) \{\s+return 301 https://\$host\$request_uri;\s+\}", text)
    assert 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;' in text


# --- nginx ------------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="nginx is not installed")
@pytest.mark.parametrize("which", ["nginx", "compose"])
def test_nginx_takes_its_configuration(which: str, tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "nginx" / "nginx.conf", tmp_path)
    shutil.copy(DEPLOY / which / "listen.conf", tmp_path)
    own_certificate(tmp_path / "tls")
    upstream = (DEPLOY / which / "upstream.conf").read_text()
    (tmp_path / "upstream.conf").write_text(re.sub(r"server (?:web|live)-\d:", "server 127.0.0.1:", upstream))
    done = subprocess.run(
        [
            shutil.which("nginx", path="/usr/sbin:/usr/bin"),
            "-t",
            "-p",
            str(tmp_path),
            "-c",
            str(tmp_path / "nginx.conf"),
            "-g",
            f"pid {tmp_path}/pid;",
        ],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_bodies_that_a_route_takes_come_through_the_proxy() -> None:
    limits = {
        route.path: handler.resolve_request_max_body_size()
        for route in make_litestar().routes
        for handler, _ in getattr(route, "route_handler_map", {}).values()
    }
    largest = max(limit for limit in limits.values() if isinstance(limit, int))
    passed = int(re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx" / "nginx.conf").read_text())[1]) * 1024 * 1024
    assert largest <= passed
