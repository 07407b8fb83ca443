-- The bin of a value: 0 below the limits or NULL, 1 to bins between them, bins + 1 at or above the upper one
-- number   the value
-- low      lower limit
-- high     upper limit
-- bins     number of bins between them
CREATE OR REPLACE MACRO histogram_bin(number, low, high, bins) AS
    CASE
        WHEN number IS NULL OR number < low THEN 0
        WHEN number >= high THEN bins + 1
        ELSE least(bins, 1 + floor((number - low) / (high - low) * bins)::BIGINT) END
