"""What beat rings, how often, and how long a ring is worth hearing. A lost one loses nothing: the next finds the same rows."""

from typing import Any


def strokes(*, probe_seconds: float) -> dict[str, dict[str, Any]]:
    """Celery's schedule, in seconds. A probe is looked for four times in its period, none when that is 0."""
    look = min(15.0, probe_seconds / 4) or 3600.0
    return {
        name: {"task": task, "schedule": seconds, "options": {"expires": worth}}
        for name, task, seconds, worth in (
            ("sweep", "mailbox.tasks.sweep", 3.0, 10),
            ("codes", "auth_otp.tasks.send_due_codes", 10.0, 15),
            ("cards", "auth_otp.tasks.follow_cards", 30.0, 25),
            ("sessions of Pro Santé Connect", "auth_otp.tasks.follow_psc", 20.0, 18),
            ("accounts", "mailbox.tasks.let_in", 10.0, 9),
            ("annuaire", "directory.tasks.fetch_newest", 3600.0, 3000),
            ("reminders", "mailbox.tasks.wake_reminders", 20.0, 18),
            ("publication", "mailbox.tasks.look_over_listings", 300.0, 200),
            ("room", "mailbox.tasks.look_over_room", 60.0, 55),
            ("summaries", "mailbox.tasks.write_summaries", 300.0, 200),
            ("accounts", "mailbox.tasks.tell_of_accounts", 30.0, 25),
            ("imports", "mailbox.tasks.bring_in", 10.0, 9),
            ("keeping", "mailbox.tasks.keep", 60.0, 55),
            ("ordinary mail", "mailbox.tasks.tell_ordinary", 60.0, 55),
            ("rules of structures", "mailbox.tasks.come_into_force", 60.0, 50),
            ("lives of mailboxes", "mailbox.tasks.look_over_lives", 60.0, 50),
            ("white list", "mailbox.tasks.refresh_white_list", 60.0, 55),
            ("journal", "mssweb.audit.tasks.chain", 60.0, 55),
            ("journal looked over", "mssweb.audit.tasks.look_over", 86400.0, 43200),
            ("backup", "mssweb.audit.tasks.look_for_backup", 3600.0, 3000),
            ("revocation", "mailbox.tasks.refresh_revocation_lists", 15.0, 12),
            ("probe", "mailbox.tasks.probe", look, 30),
            ("watch", "mailbox.tasks.watch", 60.0, 55),
            ("indicators", "mailbox.tasks.indicators", 3600.0, 3000),
            ("flows", "mailbox.tasks.count_flows", 60.0, 55),
            ("old traces", "mailbox.tasks.purge_traces", 3600.0, 3000),
            ("directory changes", "directory.tasks.follow_api", 3600.0, 1800),
        )
    }
