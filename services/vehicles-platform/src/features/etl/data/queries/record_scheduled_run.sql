INSERT INTO etl.scheduled_run (result) VALUES ($1)
