SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY tablename
