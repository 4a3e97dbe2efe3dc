"""A pytest plugin, loaded before Django reads its settings: real PostgreSQL and Valkey, in a folder of this run.

With DATABASE_URL and REDIS_URL set (CI on other engines, workers of pytest-xdist) nothing is started. What a run writes
lies in memory where the machine has room for it, and goes with the run.
"""

import atexit
import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path

from mssweb import embedded

# What a test needs of statistics it gathers itself; rows that a test deletes are not worth a cleaner
_SETTINGS = "max_connections=200 checkpoint_timeout=1h fsync=off full_page_writes=off autovacuum=off"
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
AUDIT = "test:" + "YXVkaXRhdWRpdGF1ZGl0YXVkaXRhdWRpdGF1ZGl0YXU="
MASTER = "test:" + "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="


def _prepare() -> None:
    os.environ.setdefault("SECRET_KEY", "tests only, of no use elsewhere " * 2)
    os.environ.setdefault("MASTER_KEYS", MASTER)
    os.environ.setdefault("AUDIT_KEYS", AUDIT)
    os.environ["DEMO"] = ""
    os.environ.setdefault("PROCESS", "manage")
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)
    home = Path(tempfile.mkdtemp(prefix="mssweb-tests-"))
    home.chmod(0o755)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(home)  # `tmp_path` is of this run too
    (home / "static").mkdir()  # WhiteNoise warns of a missing one at each client
    os.environ["MSSWEB_HOME"] = str(home)
    os.environ.setdefault("POSTGRES_SETTINGS", _SETTINGS)
    postgres, valkey = embedded.start_postgres(home), embedded.start_valkey(home)
    os.environ["DATABASE_URL"] = embedded.postgres_dsn(home)
    os.environ["TEMPLATE_DATABASE"] = embedded.DATABASE  # nobody else's: migrated once, and copied by each worker
    os.environ["REDIS_URL"] = embedded.valkey_url(home)

    owner = os.getpid()

    def finish() -> None:
        if os.getpid() != owner:  # a forked child leaves the engines to its parent
            return
        embedded.stop(valkey, signal.SIGTERM)
        embedded.stop(postgres)
        embedded.remove(home)

    atexit.register(finish)


gc.disable()  # until all is loaded (tests/conftest.py): next to nothing of it is rubbish
_prepare()
