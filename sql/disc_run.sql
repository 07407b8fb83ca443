-- Stars of a run to draw, those of the selection first
-- run_id   the run; NULL for the latest
SELECT run_id, source_id, r, phi, z, vr, vphi, vz, fe_h, alpha_fe, v_lsr_diff, p_thick, thin_disc
FROM results.disc_star
WHERE r IS NOT NULL AND run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.disc_star) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY thin_disc DESC NULLS LAST, source_id
LIMIT 200000
