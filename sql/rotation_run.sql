-- One row per bin of a rotation curve, inwards out
-- run_id   the run; NULL for the latest
SELECT
    run_id, stars, r_lo, r_hi, r_mean, n, vphi, vphi2, vr2, vz2, vc, e_stat, e_sys, e_sys_dist, e_sys_scatter,
    e_sys_scale, e_sys_height, e_sys_flare, e_sys_cross, e_sys_dispersion, e_sys_vsun,
    e_sys_r0, e_sys_azimuth, e_sys_side
FROM results.rotation_curve
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.rotation_curve) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY bin_id
