#!lua keys=run:
-- Takes the lease on a plan for one run of it, with a new fencing token. KEYS: run. ARGV: holder, lease_ms, keep_ms
-- A holder that asks again, because the answer was lost, gets the same token again.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = redis.call('HMGET', KEYS[1], 'holder', 'lease_until', 'fence', 'idle')
if run[1] == ARGV[1] then return {'taken', tonumber(run[3]), tonumber(run[4])} end
if run[2] and tonumber(run[2]) > now then return {'busy', 0, 0} end
local fence = redis.call('HINCRBY', KEYS[1], 'fence', 1)
-- Counts the runs since something was last written: a plan that kills every executor that runs it must end.
local idle = redis.call('HINCRBY', KEYS[1], 'idle', 1)
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'lease_until', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'taken', fence, idle}
