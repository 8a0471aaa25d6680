#!lua keys= flags=allow-oom
-- Says that this version's functions are loaded, for the gateway's readiness.
return 1
