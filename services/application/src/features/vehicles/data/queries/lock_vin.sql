SELECT pg_advisory_xact_lock(hashtextextended($1::text || chr(10) || $2::text, 24))
