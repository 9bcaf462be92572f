-- What is due is looked for endpoint by endpoint.
CREATE INDEX delivery_due_of_endpoint ON webhooks.delivery (endpoint_id, next_attempt_at) WHERE state = 'pending';
DROP INDEX webhooks.delivery_due;
-- An event that a delivery still needs is kept, and with it all that came after.
CREATE INDEX delivery_of_event ON webhooks.delivery (event_seq);
