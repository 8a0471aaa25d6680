#!lua keys=task:,open: flags=allow-oom
-- Writes a task's result and its reply together, if the fence still holds; also in a full Redis, because it ends work.
-- KEYS: task, open. ARGV: call_id, fence, result, keep_ms, most bytes of a result that goes with the reply
local task = redis.call('HMGET', KEYS[1], 'state', 'fence', 'reply_to')
if not task[1] then return 'gone' end
if task[2] ~= ARGV[2] then return 'stale' end
-- Asked again, because the answer got lost.
if task[1] == 'done' then return 'finished' end
redis.call('HSET', KEYS[1], 'state', 'done', 'result', ARGV[3], 'hint', '')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
local reply_to = task[3]
if reply_to and reply_to ~= '' then
  -- The reply names the task, whose record has the result; a small result goes with it, so that its reader need not
  -- ask for it. The reply is a hint: where it cannot be written (no right, no room, a stream that somebody spoiled), the
  -- record is found without it.
  local reply = {'call_id', ARGV[1]}
  if #ARGV[3] <= tonumber(ARGV[5]) then reply = {'call_id', ARGV[1], 'answer', ARGV[3]} end
  redis.pcall('XADD', reply_to, 'MAXLEN', '~', 1000, '*', unpack(reply))
  redis.pcall('PEXPIRE', reply_to, 86400000)
end
return 'finished'
