#!lua keys=run:
-- Renews a lease, or releases it (lease_ms 0), if the token is still the newest. KEYS: run. ARGV: fence, lease_ms
-- A run that releases its lease was not killed by the plan, so it does not count as idle.
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'lease_until', now + ARGV[2])
if ARGV[2] == '0' then redis.call('HSET', KEYS[1], 'holder', '', 'idle', 0) end
return 1
