-- Makes the empty table of what the rows of tables say they are: one row for each identifier in each row
CREATE OR REPLACE TEMP TABLE said (
    tab INTEGER, row_id VARCHAR, namespace VARCHAR, identifier VARCHAR, search_key VARCHAR,
    of_system BOOLEAN, own BOOLEAN
)
