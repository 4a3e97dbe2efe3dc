"""Our worker for the network: what Celery's tasks call, over and over; born loaded, so that it can be killed and be back.

Celery itself, its sweeps and lost wake-ups are tried by tests/kill.
"""

import time

from tests.nursery import bear


def main() -> None:
    """Reads lines as tests/nursery.py does."""
    import django

    django.setup()
    from django.utils import timezone

    from mailbox.inbound.drain import drain
    from mailbox.outbound.worker import send_due

    def live(asked: dict) -> None:
        while True:
            drain(timezone.now())
            send_due(timezone.now())
            time.sleep(asked["pause"])

    bear(live)


if __name__ == "__main__":
    main()
