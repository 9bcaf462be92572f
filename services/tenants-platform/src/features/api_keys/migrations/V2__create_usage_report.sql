-- Reports that are counted already, so that one that is sent again is not counted twice.
CREATE TABLE api_keys.usage_report (
    consumer   text        NOT NULL,
    key        text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, key)
);
