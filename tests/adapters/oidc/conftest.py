"""A certified OpenID provider on this machine, and a browser that signs in there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from frontend.build import install, programs
from tests.support.servers import end, free_port

from cxloop.core.config import Oidc

HERE = Path(__file__).parent
SECRET = "a secret: with % and & signs"
CALLBACK = "http://testserver/signin/arrive"


@dataclass(frozen=True)
class Running:
    """The provider: where it is, and how somebody signs in there."""

    issuer: str

    def settings(self, **more: object) -> Oidc:
        """What cxloop.toml says of it."""
        return Oidc.model_validate({"issuer": self.issuer, "client_id": "cxloop", "label": "Acme ID", **more})

    def sign_in(self, address: str, name: str) -> str:
        """Goes where the app sends a browser, signs in and consents; returns the address that it is sent back to."""
        with httpx.Client(follow_redirects=False) as browser:
            answer = browser.get(address)
            for _ in range(12):
                while answer.is_redirect:
                    there = str(answer.headers["location"])
                    if not httpx.URL(there).is_relative_url and not there.startswith(self.issuer):
                        return there
                    answer = browser.get(str(httpx.URL(self.issuer).join(there)))
                assert answer.status_code == 200, answer.text
                form = re.search(r'action="([^"]+)"', answer.text)
                assert form is not None, answer.text
                prompt = "login" if 'name="login"' in answer.text else "consent"
                answer = browser.post(form[1], data={"prompt": prompt, "login": name, "password": "x"})
        raise AssertionError("the provider goes round in circles")


@pytest.fixture(scope="session")
def provider() -> Iterator[Running]:
    """The provider, for all tests."""
    node, npm = programs()
    install(npm, HERE)
    port = free_port()
    process = subprocess.Popen(
        [*node, "provider.mjs", str(port)],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.strip() == b"ready":
                break
        yield Running(f"http://127.0.0.1:{port}")
    finally:
        end(process)
