CREATE TABLE second_factor.factor (
    account_id uuid    PRIMARY KEY,
    sealed     bytea   NOT NULL,
    -- Only a factor that has once been right is asked for.
    confirmed  boolean NOT NULL,
    -- The last step whose code was used.
    last_step  bigint  NOT NULL
);

CREATE TABLE second_factor.recovery_code (
    account_id uuid  NOT NULL,
    code_hash  bytea NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);
