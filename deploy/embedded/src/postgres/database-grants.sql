-- PostgreSQL 14 still lets everybody create in public.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO "{api}";
GRANT USAGE, CREATE ON SCHEMA public TO "{owner}";
