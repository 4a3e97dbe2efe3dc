"""`make check`: format, lint, types, imports, migrations, deployment, templates. All run; any fault fails."""

import os
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
LONGEST = 400  # lines of a file of the product
DEPLOYED = {  # what `check --deploy` judges: a deployment, not the demonstration
    "SECRET_KEY": "checked, never used: " + "".join(map(chr, range(40, 120))),
    "BASE_URL": "https://mss.example.org",
    "DATABASE_URL": "postgresql:///unused",
    "DEMO": "",
}
CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}),
    ("lint", [str(BIN / "ruff"), "check", "--quiet", "."], {}),
    ("types", [str(BIN / "mypy"), "--no-error-summary", "."], {"PYTHONPATH": "."}),
    ("imports", [str(BIN / "lint-imports")], {"PYTHONPATH": "."}),
    ("migrations", [sys.executable, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"], DEPLOYED),
    ("deployment", [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], DEPLOYED),
    ("templates", [str(BIN / "djlint"), "--quiet", "--lint", "templates"], {}),
]


def main() -> int:
    failed = []
    for name, command, extra in CHECKS:
        start = time.monotonic()
        done = subprocess.run(command, env={**os.environ, **extra}, capture_output=True, text=True, check=False)
        print(f"{name:12}{'ok' if done.returncode == 0 else 'FAILED'}  {time.monotonic() - start:.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print((done.stdout + done.stderr)[-6000:], flush=True)
    if long := [str(one) for one in Path().glob("[amd]*/**/*.py") if _is_long(one)]:
        print(f"{'sizes':12}FAILED: more than {LONGEST} lines: {', '.join(long)}", flush=True)
    return len(failed) + len(long)


def _is_long(path: Path) -> bool:
    return "migrations" not in path.parts and len(path.read_text().splitlines()) > LONGEST


if __name__ == "__main__":
    sys.exit(main())
