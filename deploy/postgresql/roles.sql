-- Once, as a superuser: psql -v ON_ERROR_STOP=1 -f deploy/postgresql/roles.sql postgres
-- mssweb owns the tables and migrates; the two others get their rights, table by table, from `manage.py grant_roles`.
CREATE ROLE mssweb LOGIN;
CREATE ROLE mssweb_web LOGIN;    -- web, worker: rows, but of the audit only to append
CREATE ROLE mssweb_smtpd LOGIN;  -- receiver: public keys and the white list to read, arrivals to append
GRANT mssweb_web, mssweb_smtpd TO mssweb WITH ADMIN OPTION;
CREATE DATABASE mssweb OWNER mssweb ENCODING 'UTF8' TEMPLATE template0 LOCALE_PROVIDER builtin LOCALE 'C.UTF-8';
REVOKE CONNECT ON DATABASE mssweb FROM PUBLIC;
GRANT CONNECT ON DATABASE mssweb TO mssweb_web, mssweb_smtpd;
