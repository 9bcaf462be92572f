SELECT id FROM vehicles.vehicle WHERE vin = $1 AND deleted_at IS NULL
