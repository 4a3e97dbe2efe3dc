"""Debian's Dovecot as the store behind Postfix: letters come by LMTP, and are counted by doveadm."""

import json
import shutil
import subprocess

from tests.network.operator import Operator
from tests.network.place import Place, kill

DOVECOT = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
_LMTPD = shutil.which("lmtp", path="/usr/lib/dovecot")
WHY_NOT = "" if DOVECOT and _LMTPD else "Dovecot missing: apt-get install dovecot-core dovecot-lmtpd"
LMTP = 24
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = lmtp
ssl = no
listen = {behind}
first_valid_uid = 1
mail_location = maildir:~/Maildir
maildir_very_dirty_syncs = yes
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%n allow_all_users=yes
}}
protocol lmtp {{
  postmaster_address = postmaster@{domain}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {behind}
    port = {port}
  }}
}}
service stats {{
  client_limit = 100
}}
"""


class Dovecot:
    def __init__(self, place: Place, operator: Operator) -> None:
        self._place, self._operator = place, operator
        self.folder = place.folder / f"{operator.domain}-store"
        for name, owner in (("", "root"), ("mail", "nobody"), ("state", "root"), ("run", "root")):
            (self.folder / name).mkdir(exist_ok=True)
            shutil.chown(self.folder / name, owner)
        self._config = self.folder / "dovecot.conf"
        given = {"folder": self.folder, "behind": operator.behind, "domain": operator.domain}
        self._config.write_text(_CONFIG.format(**given, port=LMTP))
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._server is None or self._server.poll() is not None:
            self._server = self._place.start(DOVECOT, "-F", "-c", self._config)

    def kill(self) -> None:
        assert self._server
        kill(self._server)

    def letters(self) -> list[tuple[float, bytes]]:
        """Of its one person, as doveadm gives them: when they came (in whole seconds) and all of their bytes."""
        asked = ["fetch", "-u", self._operator.mailbox, "date.received.unixtime text", "mailbox", "INBOX"]
        told = self._place.run("/usr/bin/doveadm", "-f", "json", "-c", self._config, *asked)
        return [(float(one["date.received.unixtime"]), one["text"].encode()) for one in json.loads(told.stdout or "[]")]
