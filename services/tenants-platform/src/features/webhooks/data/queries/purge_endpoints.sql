DELETE FROM webhooks.endpoint WHERE tenant_id = $1
