DELETE FROM vehicles.vehicle WHERE id = $1 AND deleted_at IS NOT NULL
