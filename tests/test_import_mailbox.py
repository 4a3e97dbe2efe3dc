"""The package `mailbox` hides the standard library's module: this states where the name comes from (design §2)."""

from pathlib import Path

import mailbox

ROOT = Path(__file__).resolve().parent.parent


def test_mailbox_is_ours_when_run_from_the_repository_root():
    assert Path(mailbox.__file__ or "").parent == ROOT / "mailbox"


def test_the_project_is_never_installable():
    assert "package = false" in (ROOT / "pyproject.toml").read_text()
