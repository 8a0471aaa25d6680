#!lua keys=task:,open:
-- Records a task and pushes its message (the field `hint`), once. KEYS: task, open.
-- ARGV: call_id, hint, due_ms, deadline_ms, reply_to, keep_ms, max_open
-- The queue is no KEY: Redis asks for the right to read every KEY, and a publisher may only push.
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'done' then return {'done'} end
if state then
  -- The call is under way; whoever asks now gets the reply, and waits as long as it says.
  redis.call('HSET', KEYS[1], 'reply_to', ARGV[5])
  redis.call('HDEL', KEYS[1], 'cancelled')
  if tonumber(ARGV[4]) > (tonumber(redis.call('HGET', KEYS[1], 'deadline')) or 0) then
    redis.call('HSET', KEYS[1], 'hint', ARGV[2], 'deadline', ARGV[4])
    redis.call('PEXPIREAT', KEYS[1], tonumber(ARGV[4]) + tonumber(ARGV[6]))
  end
  return {'open'}
end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[7]) then
  return {'full'}
end
redis.call('HSET', KEYS[1], 'state', 'open', 'hint', ARGV[2], 'deadline', ARGV[4], 'reply_to', ARGV[5],
  'fence', 0, 'attempts', 0, 'pushes', 0, 'lease_until', 0)
redis.call('PEXPIREAT', KEYS[1], tonumber(ARGV[4]) + tonumber(ARGV[6]))
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('LPUSH', 'q:' .. string.sub(KEYS[2], 6) .. ':tasks', ARGV[2])
return {'new'}
