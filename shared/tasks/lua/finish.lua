#!lua keys=task:,open: flags=allow-oom
-- Writes a task's result and its reply together, if the fence still holds; also in a full Redis, because it ends work.
-- KEYS: task, open. ARGV: call_id, fence, result, keep_ms
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 'gone' end
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[2] then return 'stale' end
-- Asked again, because the answer got lost.
if state == 'done' then return 'finished' end
redis.call('HSET', KEYS[1], 'state', 'done', 'result', ARGV[3])
redis.call('HDEL', KEYS[1], 'hint')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
local reply_to = redis.call('HGET', KEYS[1], 'reply_to')
if reply_to and reply_to ~= '' then
  -- The reply names the task only: the record, which other agents cannot write, has the result. It is a hint: where it
  -- cannot be written (no right, no room, a stream that somebody spoiled), the record is found without it.
  redis.pcall('XADD', reply_to, 'MAXLEN', '~', 1000, '*', 'call_id', ARGV[1])
  redis.pcall('PEXPIRE', reply_to, 86400000)
end
return 'finished'
