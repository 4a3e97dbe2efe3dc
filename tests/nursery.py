"""Receivers born grown up: one process that has loaded all that `manage.py smtpd` loads, and forks at each line it reads.

The tests start forty of them; each would take a second to load the same. `stack` starts it as an operator does.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable


def main() -> None:
    """Reads «{"port": …, "log": …, "settings": {…}}» line by line, answers each with the pid of its receiver."""
    import django

    django.setup()
    from django.core.management import call_command, load_command_class

    command = load_command_class("mailbox", "smtpd")
    bear(lambda asked: call_command(command, port=asked["port"]))


def bear(live: Callable[[dict], object]) -> None:
    """A child for each line, whose life is that function; where it says so, in another place (tests/network/place.py)."""
    from django.conf import settings

    from mssweb import embedded

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that end leave nothing to wait for
    for line in sys.stdin:
        asked = json.loads(line)
        if pid := os.fork():
            print(pid, flush=True)
            continue
        os.dup2(os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        embedded.die_with_parent(signal.SIGTERM)()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for door in [os.open(path, os.O_RDONLY) for path in asked.get("place", [])]:
            os.setns(door)
        for name, value in asked["settings"].items():
            setattr(settings, name, value)
        try:
            live(asked)
        except BaseException:  # noqa: BLE001  (whoever reads the log learns why)
            traceback.print_exc()
        finally:
            os._exit(0)


if __name__ == "__main__":
    main()
