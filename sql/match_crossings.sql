-- A cell from which discs reach out of its base cell, and the direction
SELECT DISTINCT cell, dx, dy FROM border WHERE leaves_base
