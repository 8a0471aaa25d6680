#!lua keys=turn: flags=allow-oom
-- Extends a turn's lease, or releases it (0 milliseconds), if the caller holds it.
-- KEYS: lease. ARGV: owner, milliseconds
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
