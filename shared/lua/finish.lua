-- Writes a task's result and its reply together, if the fence still holds. KEYS: task, open, dead.
-- ARGV: call_id, fence, result, keep_ms, agent, dead letter ("" for none)
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 'gone' end
if state == 'done' then return 'done' end
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[2] then return 'stale' end
redis.call('HSET', KEYS[1], 'state', 'done', 'result', ARGV[3])
redis.call('HDEL', KEYS[1], 'hint')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[6] ~= '' then
  redis.call('LPUSH', KEYS[3], ARGV[6])
  redis.call('LTRIM', KEYS[3], 0, 999)
end
local reply_to = redis.call('HGET', KEYS[1], 'reply_to')
if reply_to and reply_to ~= '' then
  -- The reply names the task only: the record, which other agents cannot write, has the result.
  redis.call('XADD', reply_to, 'MAXLEN', '~', 10000, '*', 'call_id', ARGV[1], 'agent', ARGV[5])
  redis.call('PEXPIRE', reply_to, 86400000)
end
return 'finished'
