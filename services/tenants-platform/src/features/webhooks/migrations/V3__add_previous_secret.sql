-- For a day after a secret has changed both sign, so that a receiver can take over the new one when it likes.
ALTER TABLE webhooks.endpoint
    ADD COLUMN previous_secret bytea,
    ADD COLUMN previous_until timestamptz;
