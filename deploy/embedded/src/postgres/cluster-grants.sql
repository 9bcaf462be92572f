-- PUBLIC may enter nothing; the two roles enter their database only.
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;
ALTER DATABASE "{database}" OWNER TO "{owner}";
GRANT CONNECT ON DATABASE "{database}" TO "{api}";
