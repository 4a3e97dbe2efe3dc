"""`python -m tests.fuzz SECONDS`: half of them for each target, with atheris (libFuzzer, by coverage of our own modules).

What it learns stays in .mssweb/fuzz/, where the next run begins; what it breaks is written there too, and told.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".mssweb" / "fuzz"
_SLOW_SECONDS = 5  # one input: design of the parsers, linear


def main() -> int:
    if len(sys.argv) > 2:
        return _fuzz(sys.argv[1], int(sys.argv[2]))
    _install()
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 3600
    faulty = 0
    for target in ("session", "letter"):
        print(f"— {target}, {total // 2} s", flush=True)
        faulty |= subprocess.run([sys.executable, "-m", "tests.fuzz", target, str(total // 2)], check=False).returncode
    found = [path for path in HOME.glob("*-broken-*") if path.is_file()]
    print("broken by:" if found else "nothing was broken", *found, sep="\n")
    return int(bool(faulty or found))


def _install() -> None:
    try:
        import atheris  # noqa: F401
    except ImportError:
        uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
        subprocess.run([uv, "sync", "--frozen", "--quiet", "--group", "fuzz"], check=True, cwd=ROOT)


def _fuzz(target: str, seconds: int) -> int:
    """In a process of its own: libFuzzer ends it."""
    import atheris
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
    os.environ.setdefault("PROCESS", "smtpd")
    with atheris.instrument_imports(include=["mailbox.inbound", "mailbox.mime"]):
        django.setup()
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.seeds import SEEDS

    learned = HOME / target
    learned.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[target]()):
        (learned / f"seed-{number}").write_bytes(seed)
    options = [
        sys.argv[0], str(learned), f"-max_total_time={seconds}", f"-timeout={_SLOW_SECONDS}", "-max_len=20000",
        "-rss_limit_mb=1024", f"-artifact_prefix={HOME}/{target}-broken-", "-print_final_stats=1", "-verbosity=1",
    ]  # fmt: skip
    atheris.Setup(options, TARGETS[target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
