"""Who is logged in where. Doors: `tokens` (what is kept), `credentials` (keys of AWS, which are never kept)."""
