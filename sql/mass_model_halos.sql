-- Mass and local density of the halos of a run's mass models
-- run_id   the run
SELECT mass.baryons, mass.halo, mass.param_value AS m200, mass.sig AS m200_sig, rho.param_value AS rho_sun,
    rho.sig AS rho_sun_sig
FROM results.mass_model AS mass
JOIN results.mass_model AS rho USING (run_id, baryons, halo, component)
WHERE run_id = $run_id AND component = 'halo' AND mass.param = 'M200' AND rho.param = 'rho_sun'
ORDER BY mass.baryons, mass.halo
