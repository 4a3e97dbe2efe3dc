-- Once, as a superuser: psql -v ON_ERROR_STOP=1 -f deploy/postgresql/roles.sql postgres
-- mssweb owns the tables and migrates; the others get their rights, table by table, from `manage.py grant_roles`.
CREATE ROLE mssweb LOGIN;
CREATE ROLE mssweb_web LOGIN;       -- rows, but of the audit only to append
CREATE ROLE mssweb_worker LOGIN;    -- the same, and may become the keeper of the audit
CREATE ROLE mssweb_keeper NOLOGIN;  -- chains the audit, and purges what is older than its retention
CREATE ROLE mssweb_smtpd LOGIN;     -- receiver: public keys and the white list to read, arrivals to append
CREATE ROLE mssweb_backup LOGIN;    -- reads every table, sealed as it is; appends to the audit that it did
GRANT mssweb_web TO mssweb_worker;
GRANT mssweb_keeper TO mssweb_worker WITH INHERIT FALSE, SET TRUE;
GRANT mssweb_web, mssweb_worker, mssweb_keeper, mssweb_smtpd, mssweb_backup TO mssweb WITH ADMIN OPTION;
CREATE DATABASE mssweb OWNER mssweb ENCODING 'UTF8' TEMPLATE template0 LOCALE_PROVIDER builtin LOCALE 'C.UTF-8';
REVOKE CONNECT ON DATABASE mssweb FROM PUBLIC;
GRANT CONNECT ON DATABASE mssweb TO mssweb_web, mssweb_smtpd, mssweb_backup;  -- worker by its being of web
