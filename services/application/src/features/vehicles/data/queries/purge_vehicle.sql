DELETE FROM vehicles.vehicle WHERE id = $1 AND deleted_at IS NOT NULL AND deleted_at <= now() - interval '30 days'
