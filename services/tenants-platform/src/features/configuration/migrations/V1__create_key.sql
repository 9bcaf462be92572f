CREATE TABLE configuration.key (
    name          text    PRIMARY KEY,
    description   text    NOT NULL,
    schema        jsonb   NOT NULL,
    default_value jsonb,
    scope         text    NOT NULL CHECK (scope IN ('tenant', 'platform')),
    secret        boolean NOT NULL
);

CREATE TABLE configuration.plan_value (
    plan  text  NOT NULL,
    key   text  NOT NULL REFERENCES configuration.key,
    value jsonb NOT NULL,
    PRIMARY KEY (plan, key)
);

-- All that a tenant has set, version by version. A secret is text: base64 of what was sealed.
CREATE TABLE configuration.version (
    tenant_id  uuid        NOT NULL,
    version    bigint      NOT NULL,
    values     jsonb       NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text        NOT NULL,
    PRIMARY KEY (tenant_id, version)
);

INSERT INTO configuration.key (name, description, schema, default_value, scope, secret) VALUES
    ('display.distance_unit', 'The unit of distances', '{"enum": ["km", "mi"]}', '"mi"', 'tenant', false),
    ('display.volume_unit', 'The unit of volumes', '{"enum": ["l", "gal_us", "gal_uk"]}', '"gal_us"', 'tenant', false),
    ('display.currency', 'The currency of costs (ISO 4217)', '{"type": "string", "pattern": "^[A-Z]{3}$"}', '"USD"', 'tenant', false),
    ('display.language', 'The language of mails and reports (BCP 47)', '{"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"}', '"en"', 'tenant', false),
    ('display.time_zone', 'The time zone of days and reminders (IANA)', '{"type": "string", "pattern": "^[A-Za-z0-9_+/-]{1,64}$"}', '"UTC"', 'tenant', false),
    ('uploads.largest_bytes', 'The largest document', '{"type": "integer", "minimum": 0}', '26214400', 'platform', false);
