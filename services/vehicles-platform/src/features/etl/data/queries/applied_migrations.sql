SELECT count(*) AS applied FROM etl.migration
