"""Create the two narrow database roles and give each its rights: run after `migrate`, as the owner. Idempotent.

mssweb_web (web, worker, beat): reads and writes rows, but only appends audit events.
mssweb_smtpd: reads recipients' public keys, our domains and the white list; appends arrivals. It cannot read mail.
"""

from django.core.management.base import BaseCommand
from django.db import connection, transaction

WEB, SMTPD = "mssweb_web", "mssweb_smtpd"

_CREATE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} LOGIN; END IF;
END $$
"""

_STATEMENTS = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    f"GRANT USAGE ON SCHEMA public TO {WEB}, {SMTPD}",
    f"GRANT {WEB}, {SMTPD} TO CURRENT_USER",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WEB}",
    f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {WEB}",
    f"GRANT MAINTAIN ON directory_entry TO {WEB}",  # a load made by the worker is vacuumed
    f"REVOKE UPDATE, DELETE ON audit_auditevent FROM {WEB}",
    f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {WEB}",
    f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {SMTPD}",
    f"GRANT SELECT (id, address, state, domain_id, public_key, quota_bytes, used_bytes) ON mailbox_mailbox TO {SMTPD}",
    f"GRANT SELECT ON mailbox_domain, mailbox_edition TO {SMTPD}",
    f"GRANT INSERT ON mailbox_arrival TO {SMTPD}",
)


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mssweb roles'))")  # roles are of the whole server
            for role in (WEB, SMTPD):
                cursor.execute(_CREATE.format(role=role))
            for statement in _STATEMENTS:
                cursor.execute(statement)
