SELECT id FROM tenants.tenant WHERE status = 'deleting' AND delete_after <= now() LIMIT 100
