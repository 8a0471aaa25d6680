#!lua keys=task: flags=allow-oom
-- The result in a task's record, unless it is larger than one may be. KEYS: task. ARGV: most bytes
-- Returns nothing while there is none, {1, result}, or {0, its bytes}.
local bytes = redis.call('HSTRLEN', KEYS[1], 'result')
if bytes == 0 then return false end
if bytes > tonumber(ARGV[1]) then return {0, bytes} end
return {1, redis.call('HGET', KEYS[1], 'result')}
