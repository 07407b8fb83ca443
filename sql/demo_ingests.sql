-- A table of the store: what was read into it, kept and rejected, over all its files
SELECT table_name, count(*) AS files, sum(rows_read) AS rows_read, sum(rows_kept) AS rows_kept,
       sum(rows_rejected) AS rows_rejected
FROM provenance.ingests
GROUP BY table_name
ORDER BY table_name
