#!lua keys=task:
-- Asks whoever waits for a task to have parts of it done by others. KEYS: task. ARGV: call_id, fence, split (signed)
-- Returns 1 where somebody waits; they find it by the reply, which names the task only.
local task = redis.call('HMGET', KEYS[1], 'state', 'fence', 'reply_to')
if task[1] ~= 'running' or task[2] ~= ARGV[2] or not task[3] or task[3] == '' then return 0 end
redis.call('HSET', KEYS[1], 'split', ARGV[3])
redis.call('XADD', task[3], 'MAXLEN', '~', 1000, '*', 'call_id', ARGV[1], 'split', 1)
redis.call('PEXPIRE', task[3], 86400000)
return 1
