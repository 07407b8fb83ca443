-- Settings of a run, as JSON
-- run_id   the run
SELECT settings FROM provenance.runs WHERE run_id = $run_id
