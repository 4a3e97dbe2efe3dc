"""Five million transactions over a year, invented by PostgreSQL itself: what a trace's search and its purge are measured on."""

ROWS = 5_000_000

_FILL = """
INSERT INTO mailbox_transaction (at, way, stage, peer_address, domain, mail_from, rcpt_to, serial, dn, tls, crl, reason, code,
       enhanced, text, size, seconds, delay, queue_id, message_id, mailbox_id, extensions, repeats)
SELECT at, way, stage, '192.0.2.1'::inet + (h % 200), domain,
       CASE WHEN way = 'in' THEN theirs ELSE ours END, CASE WHEN way = 'in' THEN ours ELSE theirs END, to_hex(h % 391),
       'CN=mx.' || domain || ',OU=1750000001,O=CENTRE HOSPITALIER ' || h % 391 || ',ST=Paris (75),C=FR', 'TLSv1.3 TLS_AES_256_GCM_SHA384',
       '4711', CASE WHEN refused THEN (ARRAY['unknown-recipient','domain-not-listed','dn-not-listed','mailbox-full','handshake','peer'])[1 + h %% 6]
       ELSE 'listed' END, CASE WHEN refused THEN 550 ELSE 250 END, CASE WHEN refused THEN '5.1.1' ELSE '2.6.0' END, '',
       20000 + h % 900000, 0.2, CASE WHEN NOT refused THEN 1 + (h % 100) / 20.0 END,
       CASE WHEN NOT refused THEN lpad(to_hex(n), 32, '0')::uuid END, CASE WHEN NOT refused THEN lpad(to_hex(n + 1000000000), 32, '0')::uuid END,
       CASE WHEN NOT refused THEN lpad(to_hex(h % 1000), 32, '0')::uuid END, 1, 1
  FROM (SELECT n, h, %(now)s::timestamptz - (%(rows)s - n) * (%(days)s * interval '1 day' / %(rows)s) AS at,
               CASE WHEN h % 5 < 3 THEN 'in' ELSE 'out' END AS way, h % 19 = 0 AS refused, CASE WHEN h % 19 = 0 THEN 'rcpt' ELSE 'data' END AS stage,
               'd' || h % 4944 || '.mssante.fr' AS domain, 'dr.' || h % 60011 || '@d' || h % 4944 || '.mssante.fr' AS theirs,
               'pharmacie-' || h % 1000 || '@officine.mssante.example' AS ours
          FROM (SELECT n, ('x' || substr(md5(n::text), 1, 7))::bit(28)::int AS h FROM generate_series(%(start)s::int, %(end)s::int) n) numbered) rows
""".replace("h % ", "h %% ")


def fill(rows: int = ROWS, days: int = 365, now: object = None) -> float:
    """Seconds that it took, indexes included."""
    import time

    from django.db import connection
    from django.utils import timezone

    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'mailbox_transaction' AND indexname LIKE 'mailbox_trace%%'"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for start in range(1, rows + 1, 500_000):
            given = {
                "start": start,
                "end": min(rows, start + 499_999),
                "rows": rows,
                "days": days,
                "now": now or timezone.now(),
            }
            cursor.execute(_FILL, given)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE mailbox_transaction")
    return time.perf_counter() - begun
