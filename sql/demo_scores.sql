-- A simulated star that a run tested: what it is, its true acceleration, and what the run found
-- run   run_id of the acceleration run
SELECT t.source_id, t.kind, t.g_mag, t.period, t.ra, t.dec,
       t.acc_ra AS true_acc_ra, t.acc_dec AS true_acc_dec,
       a.n_epoch, a.dof, a.chi2_lin, a.p_lin, a.p_acc, a.q_fdr,
       a.acc_ra, a.acc_dec, a.acc_ra_error, a.acc_dec_error, a.acc_ra_acc_dec_corr
FROM results.demo_truth t
JOIN results.acceleration a ON a.source_id = t.source_id
WHERE a.run_id = $run
ORDER BY t.source_id
