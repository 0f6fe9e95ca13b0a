"""What tests read out of manifests of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

__all__ = ["Document", "claims_of", "container_of", "data_of", "documents_of", "named", "pods_of", "probes_of"]

Document: TypeAlias = Mapping[str, Any]


def documents_of(*files: Path) -> list[Document]:
    """Returns every manifest of some files."""
    return [each for file in files for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def named(documents: list[Document], kind: str, name: str) -> Document:
    """Returns the one manifest of a kind and a name."""
    (found,) = (each for each in documents if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def pods_of(documents: list[Document]) -> dict[str, Document]:
    """Returns the templates of all pods, by the component that they are."""
    templates = [each["spec"]["template"] for each in documents if "template" in each.get("spec", {})]
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each for each in templates}


def container_of(pod: Document) -> Document:
    """Returns a pod's one container, without those that only prepare it."""
    (found,) = pod["spec"]["containers"]
    return dict(found)


def probes_of(container: Document) -> Iterator[tuple[str, Document]]:
    """Yields a container's probes by their names."""
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        if name in container:
            yield name, container[name]


def claims_of(documents: list[Document], component: str) -> dict[str, str]:
    """Returns the volumes of a pod by their names: what kind each is, or which claim, ConfigMap or Secret."""
    pod = pods_of(documents)[component]
    found = {}
    for volume in pod["spec"]["volumes"]:
        ((kind, what),) = ((key, value) for key, value in volume.items() if key != "name")
        target = what.get("claimName") or what.get("name") or what.get("secretName") or ""
        found[volume["name"]] = f"{kind} {target}".strip()
    return found


def data_of(documents: list[Document], folder: Path) -> Path:
    """Writes the files of the one ConfigMap into a folder, which becomes a workspace."""
    (settings,) = (each for each in documents if each["kind"] == "ConfigMap")
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in settings["data"].items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
