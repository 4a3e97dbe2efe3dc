"""Create the narrow database roles and give each its rights: run after `migrate`, as the owner. Idempotent.

mssweb_web: reads and writes rows, but only appends audit events, and of their chain reads only.
mssweb_worker: the same, may become mssweb_keeper, appends and purges traces, and counts them.
mssweb_keeper: chains the journal, and is the only one to purge it; nobody logs in as it.
mssweb_smtpd: reads recipients' public keys, our domains, the white list and revocation lists; appends arrivals,
counts and traces.
It cannot read mail.
mssweb_backup: reads every table, sealed as it is, and appends to the journal that it did.
"""

from django.core.management.base import BaseCommand
from django.db import connection, transaction

WEB, WORKER, KEEPER, SMTPD = "mssweb_web", "mssweb_worker", "mssweb_keeper", "mssweb_smtpd"
BACKUP = "mssweb_backup"
CHAIN = "audit_link, audit_dayhead, audit_purge"
COUNTED = "mailbox_flow, mailbox_indicator, mailbox_indicatormonth"

# Roles are of the whole server, and our lock of one database: who comes second finds them there.
_CREATE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} {login}; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

_MEMBER = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_auth_members WHERE roleid = '{role}'::regrole AND member =
                 (SELECT oid FROM pg_roles WHERE rolname = {member}::name))
  THEN GRANT {role} TO {grantee} WITH INHERIT {inherit}, SET TRUE; END IF;
EXCEPTION WHEN unique_violation THEN NULL;
END $$
"""

_STATEMENTS = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    f"GRANT USAGE ON SCHEMA public TO {WEB}, {KEEPER}, {SMTPD}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WEB}",
    f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {WEB}",
    f"GRANT MAINTAIN ON directory_entry TO {WEB}",  # a load made by the worker is vacuumed
    f"REVOKE UPDATE, DELETE ON audit_auditevent FROM {WEB}",
    f"REVOKE INSERT, UPDATE, DELETE ON {CHAIN} FROM {WEB}",
    f"REVOKE UPDATE, DELETE ON mailbox_usedaddress FROM {WEB}",  # an address is reserved for ever
    f"REVOKE INSERT, UPDATE, DELETE ON {COUNTED}, mailbox_transaction FROM {WEB}",
    f"GRANT INSERT, UPDATE, DELETE ON {COUNTED} TO {WORKER}",
    f"GRANT INSERT, DELETE ON mailbox_transaction TO {WORKER}",  # delete: TRACE_DAYS are over; change: nobody
    f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {KEEPER}",
    f"GRANT SELECT, INSERT ON audit_auditevent, {CHAIN} TO {KEEPER}",
    f"GRANT UPDATE (link) ON audit_auditevent TO {KEEPER}",  # which batch it is in, and nothing else
    f"GRANT DELETE ON audit_auditevent, audit_link TO {KEEPER}",  # days and proofs of purge stay for ever
    f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {WEB}",
    f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {SMTPD}",
    f"GRANT SELECT (id, address, state, domain_id, public_key, quota_bytes, used_bytes) ON mailbox_mailbox TO {SMTPD}",
    f"GRANT SELECT ON mailbox_domain, mailbox_edition, mailbox_revocationlist TO {SMTPD}",
    f"GRANT INSERT ON mailbox_arrival, mailbox_tally, mailbox_transaction TO {SMTPD}",
    f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {BACKUP}",
    f"GRANT USAGE ON SCHEMA public TO {BACKUP}",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {BACKUP}",
    f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {BACKUP}",
    f"GRANT INSERT ON audit_auditevent TO {BACKUP}",
)


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mssweb roles'))")
            for role in (WEB, WORKER, KEEPER, SMTPD, BACKUP):
                cursor.execute(_CREATE.format(role=role, login="NOLOGIN" if role == KEEPER else "LOGIN"))
            for role in (WEB, WORKER, KEEPER, SMTPD, BACKUP):
                cursor.execute(_MEMBER.format(role=role, member="current_user", grantee="CURRENT_USER", inherit="TRUE"))
            for role, inherit in ((WEB, "TRUE"), (KEEPER, "FALSE")):
                cursor.execute(_MEMBER.format(role=role, member=f"'{WORKER}'", grantee=WORKER, inherit=inherit))
            for statement in _STATEMENTS:
                cursor.execute(statement)
