#!lua keys=task: flags=allow-oom
-- Takes a task back that no worker does now, so that none begins it. KEYS: task
-- Returns how it stands: none, done, taken (a worker has it), or back.
local task = redis.call('HMGET', KEYS[1], 'state', 'lease_until')
if not task[1] then return 'none' end
if task[1] == 'done' then return 'done' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if task[1] == 'running' and tonumber(task[2]) > now then return 'taken' end
redis.call('HSET', KEYS[1], 'cancelled', 1)
return 'back'
