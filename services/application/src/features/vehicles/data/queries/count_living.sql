SELECT count(*) FROM vehicles.vehicle WHERE deleted_at IS NULL
