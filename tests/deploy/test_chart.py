"""The Helm chart: what Helm itself makes of it is what Kubernetes' own schemas allow, whatever is chosen."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from tests.deploy.manifests import Document, container_of, data_of, documents_of, named, pods_of

from cxloop import __version__
from cxloop.core.config import Settings
from cxloop.runtime.folder import Folder

helm = pytest.importorskip("helm_python", reason="the package helm-python-sdk is not installed")
schemas = pytest.importorskip("kubernetes_validate", reason="the package kubernetes-validate is not installed")

KUBERNETES = ("1.27", "1.32", "1.37")
"""Versions whose schemas the manifests are held against: the oldest that the chart allows, and newer ones."""
CHOICES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "without Spark": {"spark": {"enabled": False}},
    "behind an ingress": {
        "publicUrl": "https://cx.shop.example:8443",
        "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a/b": "c"}},
        "networkPolicy": {"from": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}]},
        "proxies": ["10.0.0.7"],
    },
    "with what is there already": {
        "spark": {"warehouse": {"existingClaim": "mine"}, "conf": {"spark.task.cpus": 2}},
        "database": {"caSecret": "ca", "port": 6432},
        "image": {"repository": "images.example/cxloop", "tag": "7", "pullSecrets": ["pull"]},
        "app": {"storageClass": "fast"},
    },
    "open": {"networkPolicy": {"enabled": False}, "settings": "", "experience": ""},
}


@pytest.fixture(scope="module")
def render(checkout: Path) -> ModuleType:
    """deploy/render.py."""
    spec = importlib.util.spec_from_file_location("deploy_render", checkout / "deploy" / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(render: ModuleType, choice: str) -> list[Document]:
    return [yaml.safe_load(each) for each in render.rendered(CHOICES[choice])]


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("choice", CHOICES)
def test_what_helm_makes_is_what_kubernetes_takes(render: ModuleType, choice: str, version: str) -> None:
    for each in made(render, choice):
        schemas.validate(each, version, strict=True)


@pytest.mark.parametrize("version", KUBERNETES)
def test_the_plain_manifests_are_what_kubernetes_takes(checkout: Path, version: str) -> None:
    for each in documents_of(*(checkout / "deploy" / "kubernetes").glob("*.yaml")):
        schemas.validate(each, version, strict=True)


def test_the_schemas_refuse_what_is_misspelt(documents: list[Document]) -> None:
    wrong = {**named(documents, "Service", "cxloop"), "specs": {}}

    with pytest.raises(schemas.ValidationError):
        schemas.validate(wrong, KUBERNETES[-1], strict=True)


def test_the_plain_manifests_are_what_the_chart_makes(render: ModuleType) -> None:
    assert render.main(["--check"]) == 0


def test_helm_finds_no_mistake_and_the_version_is_that_of_cxloop(render: ModuleType) -> None:
    found = helm.lint(str(render.CHART))

    assert found["errors"] == []
    assert [each["error"] for each in found["messages"]] == ["icon is recommended"]
    with helm.Chart.load(render.CHART) as chart:
        assert chart.metadata["appVersion"] == __version__


@pytest.mark.parametrize("choice", CHOICES)
def test_settings_are_read_whatever_is_chosen(render: ModuleType, tmp_path: Path, choice: str) -> None:
    settings = Folder(data_of(made(render, choice), tmp_path / "workspace")).definitions()[0]

    assert settings.engine.is_spark == (choice != "without Spark")
    assert settings.server.proxies == (("10.0.0.7",) if choice == "behind an ingress" else ())
    assert settings.store.database.endswith(":6432/acme" if choice == "with what is there already" else ":5432/acme")


def test_without_spark_nothing_of_it_is_there(render: ModuleType) -> None:
    documents = made(render, "without Spark")

    assert set(pods_of(documents)) == {"app", "collector"}
    assert [each["metadata"]["name"] for each in documents if "spark" in str(each).lower()] == []


def test_a_volume_that_is_there_already_is_used_and_settings_of_spark_are_passed_on(render: ModuleType) -> None:
    documents = made(render, "with what is there already")
    connect = container_of(pods_of(documents)["spark-connect"])

    assert [each for each in documents if each["kind"] == "PersistentVolumeClaim"] == []
    assert "spark.task.cpus=2" in connect["command"]
    assert connect["command"][-1] == "spark-internal"
    assert {container_of(pod)["image"] for pod in pods_of(documents).values()} == {"images.example/cxloop:7"}


def test_the_ingress_sends_to_collectors_what_a_proxy_on_a_server_does(render: ModuleType, checkout: Path) -> None:
    ingress = named(made(render, "behind an ingress"), "Ingress", "cxloop")["spec"]
    (rule,) = ingress["rules"]
    paths = {each["path"]: each["backend"]["service"]["name"] for each in rule["http"]["paths"]}
    page = (checkout / "docs" / "how-to" / "server.md").read_text()
    (listed,) = re.findall(r"location ~ \^/\(([^)]+)\)", page)
    wanted = {"/" + each.rstrip("/$").replace("\\", "") for each in listed.split("|")}

    assert (rule["host"], ingress["tls"][0]["hosts"]) == ("cx.shop.example", ["cx.shop.example"])
    assert {path for path, service in paths.items() if service == "cxloop-collect"} == wanted
    assert {path for path, service in paths.items() if service == "cxloop"} == {"/"}


def test_ports_of_the_network_policies_are_those_of_the_settings(render: ModuleType) -> None:
    documents = made(render, "behind an ingress")
    usual = Settings()
    found = {
        name: named(documents, "NetworkPolicy", f"cxloop-{name}")["spec"]["ingress"][0] for name in ("app", "collector")
    }

    assert {name: each["ports"][0]["port"] for name, each in found.items()} == {
        "app": usual.server.port,
        "collector": usual.collect.port,
    }
    assert {str(each["from"]) for each in found.values()} == {
        "[{'namespaceSelector': {'matchLabels': {'name': 'ingress'}}}]"
    }
