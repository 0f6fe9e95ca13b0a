"""`kubectl --dry-run` takes the manifests. It asks a server which kinds there are; here is one that knows no more."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.deploy.manifests import Document

KINDS = {
    "v1": {"Namespace": "namespaces", "ConfigMap": "configmaps", "Service": "services"}
    | {"PersistentVolumeClaim": "persistentvolumeclaims"},
    "apps/v1": {"StatefulSet": "statefulsets", "Deployment": "deployments"},
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "networking.k8s.io/v1": {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"},
}


def told(path: str) -> dict[str, Any] | None:
    """What a server of Kubernetes says of its kinds."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [
            {"name": each.split("/")[0], "versions": [each_version], "preferredVersion": each_version}
            for each in KINDS
            if "/" in each
            for each_version in [{"groupVersion": each, "version": "v1"}]
        ]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    version = path.removeprefix("/apis/").removeprefix("/api/")
    if version not in KINDS:
        return None
    resources = [
        {
            "name": name,
            "singularName": kind.lower(),
            "namespaced": kind != "Namespace",
            "kind": kind,
            "verbs": ["create"],
        }
        for kind, name in KINDS[version].items()
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}


class Kinds(BaseHTTPRequestHandler):
    """Answers what it is asked about kinds, and has no object."""

    def do_GET(self) -> None:
        found = told(self.path.partition("?")[0])
        nothing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found or nothing).encode())

    def log_request(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Kinds) as started:
        threading.Thread(target=started.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{started.server_port}"
        started.shutdown()


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kubectl_takes_the_manifests(server: str, documents: list[Document], checkout: Path, tmp_path: Path) -> None:
    words = ["apply", "--dry-run=client", "--validate=false", "-f", str(checkout / "deploy" / "kubernetes")]
    done = subprocess.run(
        ["kubectl", "--server", server, "--cache-dir", str(tmp_path), *words],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("created (dry run)") == len(documents)
