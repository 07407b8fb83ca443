-- A text of three numbers such as -42:9:6.8, 42d9m6.8s or 420906.8 as the number it is; NULL if it is no such text
-- digits   the text
-- letter   the letter of the first unit, h or d; degrees may have a sign
CREATE OR REPLACE MACRO sexagesimal(digits, letter) AS
    list_transform(list_transform(list_transform(
        [lower(trim(digits))],
        lambda t: CASE WHEN contains(t, ':') OR NOT ends_with(t, 's')
            THEN regexp_replace(t, '^([+-]?[0-9]{2})([0-9]{2})([0-9]{2}(\.[0-9]*)?)$', '\1:\2:\3')
            ELSE replace(replace(left(t, -1), letter, ':'), 'm', ':') END),
        lambda t: regexp_extract(t, '^([+-]?)([0-9]+):([0-5]?[0-9]):([0-5]?[0-9](?:\.[0-9]*)?)$',
            ['sign', 'first', 'minutes', 'seconds'])),
        lambda s: CASE WHEN s.first <> '' AND (s.sign = '' OR letter = 'd')
            THEN CASE s.sign WHEN '-' THEN -1 ELSE 1 END
                * (s.first::DOUBLE + s.minutes::DOUBLE / 60 + s.seconds::DOUBLE / 3600) END)[1]
