"""The manifests of Kubernetes: commands, settings, ports and addresses in them are those that cxloop has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.manifests import Document, claims_of, container_of, data_of, named, pods_of, probes_of

from cxloop.core.config import Settings
from cxloop.entry.cli import command_line
from cxloop.runtime.folder import Folder

APP, COLLECTOR = "app", "collector"
SPARK = ("spark-master", "spark-worker", "spark-connect")
OURS = (APP, COLLECTOR)


@pytest.fixture
def settings(documents: list[Document], tmp_path: Path) -> Settings:
    """What the ConfigMap's files say, read as a workspace's are."""
    return Folder(data_of(documents, tmp_path / "workspace")).definitions()[0]


def test_there_are_these_pods_and_no_others(documents: list[Document]) -> None:
    assert set(pods_of(documents)) == {*OURS, *SPARK}


@pytest.mark.parametrize("component", OURS)
def test_commands_are_read_by_the_command_line_itself(documents: list[Document], component: str) -> None:
    program, *words = container_of(pods_of(documents)[component])["command"]
    root = command_line()
    context = root.make_context(program, list(words), resilient_parsing=True)
    name, command, rest = root.resolve_command(context, list(words))

    assert (program, name) == ("cxloop", "serve")
    assert command is not None
    asked = command.make_context(name, rest, parent=context).params
    assert (asked["app"], asked["collect_port"]) == {APP: (True, 0), COLLECTOR: (False, None)}[component]


def test_settings_are_those_that_a_pod_needs(settings: Settings) -> None:
    usual = Settings()

    assert (settings.server.host, settings.collect.host) == ("0.0.0.0", "0.0.0.0")
    assert (settings.server.port, settings.collect.port) == (usual.server.port, usual.collect.port)
    assert settings.server.secure
    assert settings.store.password == "env:CXLOOP_DATABASE_PASSWORD"


def test_the_app_finds_spark_where_its_service_is(documents: list[Document], settings: Settings) -> None:
    host, port = settings.engine.address.removeprefix("sc://").split(":")
    service = named(documents, "Service", host)
    connect = container_of(pods_of(documents)["spark-connect"])["command"]
    worker = container_of(pods_of(documents)["spark-worker"])["command"]
    master = worker[-1]

    assert [each["port"] for each in service["spec"]["ports"]] == [int(port)]
    assert service["spec"]["selector"]["app.kubernetes.io/component"] == "spark-connect"
    assert f"spark.connect.grpc.binding.port={port}" in connect
    assert connect[connect.index("--master") + 1] == master
    assert (
        master.removeprefix("spark://").split(":")[0]
        == named(documents, "Service", "cxloop-spark-master")["metadata"]["name"]
    )


def test_the_warehouse_is_one_volume_at_one_path_for_app_workers_and_spark_connect(
    documents: list[Document], settings: Settings
) -> None:
    found = {}
    for component in (APP, "spark-worker", "spark-connect"):
        mounts = {
            each["name"]: each["mountPath"] for each in container_of(pods_of(documents)[component])["volumeMounts"]
        }
        found[component] = (claims_of(documents, component)["warehouse"], mounts["warehouse"])

    assert len(set(found.values())) == 1
    ((claim, path),) = set(found.values())
    assert claim == "persistentVolumeClaim cxloop-warehouse"
    assert Path(settings.engine.warehouse).is_relative_to(path)
    assert named(documents, "PersistentVolumeClaim", "cxloop-warehouse")["spec"]["accessModes"] == ["ReadWriteMany"]


def test_ports_are_those_of_the_settings_and_each_service_and_probe_names_one(
    documents: list[Document], settings: Settings
) -> None:
    pods = pods_of(documents)
    ports = {
        component: {each["name"]: each["containerPort"] for each in container_of(pod)["ports"]}
        for component, pod in pods.items()
    }

    assert (ports[APP], ports[COLLECTOR]) == ({"http": settings.server.port}, {"http": settings.collect.port})
    for service in (each for each in documents if each["kind"] == "Service"):
        inside = ports[service["spec"]["selector"]["app.kubernetes.io/component"]]
        assert {each["targetPort"]: each["port"] for each in service["spec"]["ports"]} == inside
    for component, pod in pods.items():
        for name, probe in probes_of(container_of(pod)):
            asked = probe.get("httpGet") or probe["tcpSocket"]
            assert asked["port"] in ports[component], (component, name)


@pytest.mark.parametrize("component", OURS)
def test_only_whether_it_is_ready_depends_on_what_is_outside(documents: list[Document], component: str) -> None:
    probes = dict(probes_of(container_of(pods_of(documents)[component])))

    assert probes["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert "tcpSocket" in probes["livenessProbe"]
    assert "tcpSocket" in probes["startupProbe"]


def containers(pod: Document) -> Iterator[Document]:
    yield from pod["spec"].get("initContainers", [])
    yield from pod["spec"]["containers"]


def test_pods_may_do_nothing_that_they_need_not(documents: list[Document], checkout: Path) -> None:
    image = (checkout / "deploy" / "Containerfile").read_text()
    user = int(re.findall(r"^USER (\d+):(\d+)$", image, re.MULTILINE)[0][0])

    for component, pod in pods_of(documents).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, component
        assert spec["securityContext"]["runAsNonRoot"], component
        assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] == user, component
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, component
        for container in containers(pod):
            allowed = container["securityContext"]
            assert allowed["readOnlyRootFilesystem"], component
            assert allowed["allowPrivilegeEscalation"] is False, component
            assert allowed["capabilities"] == {"drop": ["ALL"]}, component
            assert "memory" in container["resources"]["limits"], component
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), component


def test_whatever_a_pod_mounts_is_there(documents: list[Document]) -> None:
    there = {f"configMap {each['metadata']['name']}" for each in documents if each["kind"] == "ConfigMap"}
    there |= {
        f"persistentVolumeClaim {each['metadata']['name']}"
        for each in documents
        if each["kind"] == "PersistentVolumeClaim"
    }
    for component, pod in pods_of(documents).items():
        volumes = claims_of(documents, component)
        own = {
            each["metadata"]["name"]
            for document in documents
            for each in document.get("spec", {}).get("volumeClaimTemplates", [])
            if document["spec"]["template"] is pod
        }
        for container in containers(pod):
            assert {each["name"] for each in container["volumeMounts"]} <= {*volumes, *own}, component
        assert {each for each in volumes.values() if each != "emptyDir"} <= there, component


def test_one_app_owns_the_tables_and_secrets_are_in_no_file(documents: list[Document]) -> None:
    app = named(documents, "StatefulSet", "cxloop")
    given = {
        each["name"]: each["valueFrom"]["secretKeyRef"]
        for component in OURS
        for each in container_of(pods_of(documents)[component])["env"]
        if "secretKeyRef" in each.get("valueFrom", {})
    }

    assert app["spec"]["replicas"] == 1
    assert [each["kind"] for each in documents if each["kind"] == "Secret"] == []
    assert given == {
        "CXLOOP_DATABASE_PASSWORD": {"name": "cxloop", "key": "database-password"},
        "CXLOOP_SECRET_KEY": {"name": "cxloop", "key": "secret-key"},
    }


def test_selectors_find_the_pods_of_one_component(documents: list[Document]) -> None:
    labels = {component: pod["metadata"]["labels"] for component, pod in pods_of(documents).items()}

    for each in documents:
        spec = each.get("spec", {})
        wanted = spec.get("selector") or {}
        wanted = wanted.get("matchLabels", wanted) if isinstance(wanted, dict) else {}
        if wanted:
            found = [name for name, has in labels.items() if wanted.items() <= has.items()]
            assert found == [each["metadata"]["labels"]["app.kubernetes.io/component"]], each["metadata"]["name"]


def test_nobody_but_the_app_and_spark_itself_reaches_spark(documents: list[Document]) -> None:
    policy = named(documents, "NetworkPolicy", "cxloop-spark")["spec"]
    themselves, app = policy["ingress"]
    (every,) = policy["podSelector"]["matchExpressions"]

    assert sorted(every["values"]) == sorted(SPARK)
    assert [each["podSelector"] for each in themselves["from"]] == [policy["podSelector"]]
    assert [each["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for each in app["from"]] == [APP]
    assert [each["port"] for each in app["ports"]] == [15002]
    assert policy["policyTypes"] == ["Ingress", "Egress"]


def test_the_image_is_built_from_files_that_are_there(checkout: Path) -> None:
    text = (checkout / "deploy" / "Containerfile").read_text()
    kept = (checkout / "deploy" / "Containerfile.dockerignore").read_text().splitlines()
    copied = [name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for name in line.split()]

    assert len(copied) >= 7
    assert [name for name in copied if not (checkout / name).exists()] == []
    assert [name for name in copied if f"!{name.split('/')[0]}" not in kept] == []
