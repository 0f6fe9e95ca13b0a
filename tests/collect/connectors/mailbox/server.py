"""A real IMAP server for tests: Dovecot on a free port of this machine, with a folder of its own and one user."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.servers import end, free_port, until

USER = "help@acme.example"
PASSWORD = "gehéim-42"  # a letter beyond ASCII: not every client can say it

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
info_log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail:INDEX={folder}/index
mail_max_userip_connections = 50
first_valid_uid = 0
first_valid_gid = 0
mail_uid = {uid}
mail_gid = {gid}
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service auth-worker {{
  user = {user}
}}
"""


def available() -> str | None:
    """The server's program, where it is installed."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass
class ImapServer:
    """Starts and stops Dovecot; mails are files in its Maildir."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    delivered: int = 0

    @classmethod
    def made(cls) -> ImapServer:
        """Returns a server with a new folder; `nobody` has to reach it, so it is none of pytest's own."""
        return cls(Path(tempfile.mkdtemp(prefix="imap-")))

    def start(self) -> None:
        """Starts the server; as root it runs as nobody, since it refuses to be root."""
        (self.folder / "run").mkdir(exist_ok=True)
        self.password(PASSWORD)
        for name in ("cur", "new", "tmp"):
            (self.folder / "mail" / name).mkdir(parents=True, exist_ok=True)
        user, group, uid, gid = _whose()
        config = self.folder / "dovecot.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port, user=user, group=group, uid=uid, gid=gid))
        program = available()
        assert program is not None
        self._give(self.folder)
        as_nobody: dict[str, Any] = {"user": uid, "group": gid, "extra_groups": []} if os.getuid() == 0 else {}
        self.process = subprocess.Popen(
            [program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_nobody
        )
        until(self.answers, "Dovecot", of=self.process)

    def answers(self) -> bool:
        """Whether the server greets."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                return probe.recv(100).startswith(b"* OK")
        except OSError:
            return False

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace")[-3_000:] if path.exists() else "no log"

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def password(self, password: str) -> None:
        """Says what the password is from now on; Dovecot looks at the file once a second at most."""
        (self.folder / "passwords").write_text(f"{USER}:{{PLAIN}}{password}\n")
        if self.process is not None:
            until(lambda: self._lets_in(password), "the new password", of=self.process)

    def _lets_in(self, password: str) -> bool:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            try:
                client.authenticate("PLAIN", lambda _: f"\0{USER}\0{password}".encode())
            except imaplib.IMAP4.error:
                return False
            return True

    def deliver(self, mails: Sequence[bytes], folder: str = "") -> None:
        """Puts mails into a folder, as a mail server does: written aside, then renamed."""
        box = self.folder / "mail" / (f".{folder}" if folder else "")
        for name in ("cur", "new", "tmp"):
            (box / name).mkdir(parents=True, exist_ok=True)
        for mail in mails:
            self.delivered += 1
            name = f"{1_780_000_000 + self.delivered}.M{self.delivered}P1.test"
            (box / "tmp" / name).write_bytes(mail)
            (box / "tmp" / name).replace(box / "new" / name)
        self._give(box)

    @staticmethod
    def _give(folder: Path) -> None:
        if os.getuid() == 0:
            _, _, uid, gid = _whose()
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, uid, gid)

    def flags(self) -> list[str]:
        """Returns what every mail of the inbox is marked with: nothing, as long as nobody has touched it."""
        return [file.name.partition(":2,")[2] for file in (self.folder / "mail" / "cur").iterdir()]

    def files(self) -> list[Path]:
        """Returns the files of the inbox."""
        return sorted(file for part in ("cur", "new") for file in (self.folder / "mail" / part).iterdir())

    def renumber(self) -> None:
        """Loses the list of UIDs, as a restored or moved mailbox does: the server makes new ones."""
        for file in (self.folder / "mail").glob("dovecot-uidlist*"):
            file.unlink()
        shutil.rmtree(self.folder / "index", ignore_errors=True)


def _whose() -> tuple[str, str, int, int]:
    """User and group that the server runs as, by name and number."""
    account = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    return account.pw_name, grp.getgrgid(account.pw_gid).gr_name, account.pw_uid, account.pw_gid
