-- An identifier that may begin with a Greek letter, in signs or in Latin letters
SELECT DISTINCT identifier FROM said WHERE regexp_matches(identifier, '^[^0-9 +-]{1,8}[0-9]* +[A-Za-z]{3}')
