-- Lets the identifiers that would join two rows of one catalogue into one star name their system only
UPDATE said SET of_system = true
WHERE NOT own AND NOT of_system AND EXISTS (
    SELECT 1 FROM node n JOIN joined j USING (node)
    WHERE n.tab = said.tab AND n.row_id = said.row_id AND j.star IN (
        SELECT star FROM node JOIN joined USING (node) JOIN told USING (tab)
        WHERE told.of_stars AND told.unique_
        GROUP BY star, tab HAVING count(*) > 1
    )
)
