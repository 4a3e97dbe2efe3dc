"""Ports of the measurements, free on this machine: another measurement may run beside. Children know them too."""

import os
import socket


def of(name: str) -> int:
    """The same for as long as this process and its children live."""
    known = f"BENCH_{name.upper()}_PORT"
    if known not in os.environ:
        with socket.create_server(("127.0.0.1", 0)) as free:
            os.environ[known] = str(free.getsockname()[1])
    return int(os.environ[known])
