"""Receivers born grown up: one process that has loaded all that `manage.py smtpd` loads, and forks at each line it reads.

The tests start forty of them; each would take a second to load the same. `stack` starts it as an operator does.
"""

import json
import os
import signal
import sys
import traceback


def main() -> None:
    """Reads «{"port": …, "log": …, "settings": {…}}» line by line, answers each with the pid of its receiver."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command, load_command_class

    from mssweb import embedded

    command = load_command_class("mailbox", "smtpd")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that end leave nothing to wait for
    for line in sys.stdin:
        asked = json.loads(line)
        if pid := os.fork():
            print(pid, flush=True)
            continue
        os.dup2(os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        embedded.die_with_parent(signal.SIGTERM)()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for name, value in asked["settings"].items():
            setattr(settings, name, value)
        try:
            call_command(command, port=asked["port"])
        except BaseException:  # noqa: BLE001  (whoever reads the log learns why)
            traceback.print_exc()
        finally:
            os._exit(0)


if __name__ == "__main__":
    main()
