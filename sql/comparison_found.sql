-- Makes the table of pairs, a row for each way by which a row of a list was found to be of a star
CREATE OR REPLACE TEMP TABLE comparison_found (
    source_id VARCHAR, list_id VARCHAR, separation DOUBLE, turn INTEGER, matched_by VARCHAR
)
