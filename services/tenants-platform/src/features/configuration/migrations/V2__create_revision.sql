-- Counts the changes of keys and of what plans have. Whoever makes one holds the row, so they come one after the other.
CREATE TABLE configuration.revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    number   bigint  NOT NULL
);
INSERT INTO configuration.revision (number) VALUES (0);
