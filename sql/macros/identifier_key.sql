-- What the spellings of an identifier have in common: capitals, no zeros before numbers, no signs of TeX, no letter before signs and coordinates
-- identifier   a designation without the name of its catalogue, such as 3246-0045-1, J14396-6050 or P-60  5483
CREATE OR REPLACE MACRO identifier_key(identifier) AS
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        upper(trim(identifier)), '[$\\^_{}]', '', 'g'), '\s+', ' ', 'g'), '^(J|[A-Z]\s?([+-]))([0-9])', '\2\3'),
        '(^|[^0-9.])0+([0-9])', '\1\2', 'g')
