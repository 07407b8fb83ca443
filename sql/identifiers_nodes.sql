-- Numbers the rows and the identifiers that were said, rows first: the nodes of the graph that joins them
CREATE OR REPLACE TEMP TABLE node AS
SELECT *, row_number() OVER (ORDER BY tab NULLS LAST, row_id, namespace, search_key) - 1 AS node
FROM (
    SELECT DISTINCT tab, row_id, NULL::VARCHAR AS namespace, NULL::VARCHAR AS search_key FROM said
    UNION ALL SELECT DISTINCT NULL, NULL, namespace, search_key FROM said
)
