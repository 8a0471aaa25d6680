#!lua name=assistant_061bd6457588
-- Generated from lua/*.lua by `make functions`; do not edit.
local VERSION = '_061bd6457588'
-- Nobody may have a function work on keys it is not made for, or for long: its caller may be hostile. What it may do to
-- the keys is decided by the caller's own rights, which Redis checks for every command of a function as well.
local MOST_ARGUMENTS = 2000
local function register(name, flags, prefixes, body)
  local function checked(KEYS, ARGV)
    local right = #KEYS == #prefixes and #ARGV <= MOST_ARGUMENTS
    for i, prefix in ipairs(prefixes) do
      right = right and string.sub(KEYS[i], 1, #prefix) == prefix
    end
    if not right then return redis.error_reply('ERR wrong keys, or too many arguments, for ' .. name) end
    return body(KEYS, ARGV)
  end
  redis.register_function{function_name = name .. VERSION, callback = checked, flags = flags}
end

-- services/executor/records/lua/keep.lua
register('records_keep', {}, {'run:'}, function(KEYS, ARGV)
  -- Renews a lease, or releases it (lease_ms 0), if the token is still the newest. KEYS: run. ARGV: fence, lease_ms
  -- A run that releases its lease was not killed by the plan, so it does not count as idle.
  if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'lease_until', now + ARGV[2])
  if ARGV[2] == '0' then redis.call('HSET', KEYS[1], 'holder', '', 'idle', 0) end
  return 1
end)

-- services/executor/records/lua/take.lua
register('records_take', {}, {'run:'}, function(KEYS, ARGV)
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
end)

-- services/executor/records/lua/write.lua
register('records_write', {}, {'run:', 'plan:', 'journal:'}, function(KEYS, ARGV)
  -- Writes a plan and its journal together, if the writer's token is still the newest. KEYS: run, plan, journal.
  -- ARGV: fence, lease_ms, keep_ms, plan ("" leaves it as it is), then field and text of each entry ("" removes it)
  if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'lease_until', now + ARGV[2], 'idle', 0)
  if ARGV[4] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'KEEPTTL') end
  for i = 5, #ARGV, 2 do
    if ARGV[i + 1] == '' then
      redis.call('HDEL', KEYS[3], ARGV[i])
    else
      redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
    end
  end
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
  return 1
end)

-- services/orchestrator/decisions/lua/use_grant.lua
register('decisions_use_grant', {}, {'grant:', 'grants:uses:', 'decision:', 'runs'}, function(KEYS, ARGV)
  -- Approves a plan by a standing grant, in one script, so that neither revoking nor another plan comes between.
  -- KEYS: grant, uses, decision, runs
  -- ARGV: the grant as it was verified, now, its end, steps, most uses, the decision, seconds to keep it, plan
  if redis.call('GET', KEYS[1]) ~= ARGV[1] or tonumber(ARGV[2]) >= tonumber(ARGV[3]) then return 0 end
  if (tonumber(redis.call('GET', KEYS[2])) or 0) + ARGV[4] > tonumber(ARGV[5]) then return 0 end
  if not redis.call('SET', KEYS[3], ARGV[6], 'NX', 'EX', ARGV[7]) then return 0 end
  redis.call('INCRBY', KEYS[2], ARGV[4])
  redis.call('EXPIRE', KEYS[2], ARGV[7])
  redis.call('ZADD', KEYS[4], ARGV[2], ARGV[8])
  return 1
end)

-- services/orchestrator/plans/lua/approve.lua
register('plans_approve', {}, {'decision:', 'decision:', 'runs', 'runs:review:'}, function(KEYS, ARGV)
  -- Counts one person's approval of a plan that several people have to approve; the last one is the decision on it.
  -- KEYS: approvals so far, decision, runs, review
  -- ARGV: person, approval, how many there were, how many are needed, decision, seconds to keep, plan, now,
  -- 1 where the approval says that Claude's review had not come: it is none once it has
  if redis.call('EXISTS', KEYS[2]) == 1 then return 'decided' end
  if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'again' end
  if ARGV[9] == '1' and redis.call('EXISTS', KEYS[4]) == 1 then return 'reviewed' end
  if redis.call('HLEN', KEYS[1]) ~= tonumber(ARGV[3]) then return 'stale' end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[6])
  if ARGV[3] + 1 < tonumber(ARGV[4]) then return 'counted' end
  redis.call('SET', KEYS[2], ARGV[5], 'EX', ARGV[6])
  redis.call('ZADD', KEYS[3], ARGV[8], ARGV[7])
  return 'approved'
end)

-- services/orchestrator/plans/lua/claim.lua
register('plans_claim', {}, {'runs'}, function(KEYS, ARGV)
  -- Takes a plan that is due, so that no other gateway takes it until a given time. KEYS: runs. ARGV: plan, now, until
  local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if due and tonumber(due) <= tonumber(ARGV[2]) then
    redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[1])
    return 1
  end
  return 0
end)

-- services/orchestrator/plans/lua/decide.lua
register('plans_decide', {}, {'decision:', 'runs', 'runs:review:'}, function(KEYS, ARGV)
  -- Stores the one decision on a plan and makes the plan due to be followed, both or neither.
  -- An approval that says that Claude's review had not come is none once it has.
  -- KEYS: decision, runs, review. ARGV: decision, seconds to keep it, plan, now, 1 for such an approval
  if redis.call('EXISTS', KEYS[1]) == 1 then return 'decided' end
  if ARGV[5] == '1' and redis.call('EXISTS', KEYS[3]) == 1 then return 'reviewed' end
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
  return 'stored'
end)

-- services/orchestrator/plans/lua/forget.lua
register('plans_forget', {'allow-oom'}, {'runs', 'runs:n:'}, function(KEYS, ARGV)
  -- Takes an ended plan out of `runs`; if a doubt was answered since its end was seen, makes it due at once instead.
  -- KEYS: runs, runs:n. ARGV: plan, the number when the end was seen, now
  if (redis.call('GET', KEYS[2]) or '0') == ARGV[2] then return redis.call('ZREM', KEYS[1], ARGV[1]) end
  return redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end)

-- services/orchestrator/plans/lua/replace.lua
register('plans_replace', {}, {'decision:', 'runs'}, function(KEYS, ARGV)
  -- Decides a plan as replaced and makes it due to be followed, as its edited form is at its expiry: all, or nothing.
  -- The edited form can be decided from then on, since the decision names it.
  -- KEYS: decision, runs
  -- ARGV: decision, seconds to keep it, plan, now, when the plan expires, its edited form, when that one expires
  if tonumber(ARGV[4]) >= tonumber(ARGV[5]) then return 0 end
  if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return 0 end
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
  redis.call('ZADD', KEYS[2], 'NX', ARGV[7], ARGV[6])
  return 1
end)

-- services/orchestrator/plans/lua/resolve.lua
register('plans_resolve', {}, {'resolution:', 'runs', 'runs:n:'}, function(KEYS, ARGV)
  -- Stores a person's answer about a step in doubt: one answer each time the step is in doubt.
  -- With the last missing answer the plan goes on: its run is due, under a number that no call had.
  -- KEYS: resolution, runs, runs:n
  -- ARGV: step, answer, in doubt since, seconds to keep, plan, now, then every step in doubt
  local function answered(step)
    local text = redis.call('HGET', KEYS[1], step)
    return text and cjson.decode(text).in_doubt_since == tonumber(ARGV[3])
  end
  if answered(ARGV[1]) then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[4])
  for i = 7, #ARGV do
    if not answered(ARGV[i]) then return 1 end
  end
  redis.call('INCR', KEYS[3])
  redis.call('EXPIRE', KEYS[3], ARGV[4])
  redis.call('ZADD', KEYS[2], ARGV[6], ARGV[5])
  return 1
end)

-- services/orchestrator/turns/lua/begin.lua
register('turns_begin', {}, {'turn:', 'turn:', 'events:', 'turn:index:', 'conversation:', 'conversation:', 'conversation:', 'conversations:'}, function(KEYS, ARGV)
  -- Begins a turn: all of what that stores at once, or nothing. Asked again after a lost answer, it stores nothing more.
  -- KEYS: lease, turn, events, index of running turns, conversation's active turn, conversation, its turns, owner's index
  -- ARGV: owner, turn id, turn JSON, conversation id, conversation JSON, time, most turns of a conversation, milliseconds
  -- of the lease, seconds as active, seconds to keep, 1 for a new conversation, then type and data of each event
  -- Returns {'begun'}, {'busy', turn id} where another turn of the conversation runs, {'full'}.
  local new = ARGV[11] == '1'
  local holder = redis.call('GET', KEYS[5])
  if holder == ARGV[2] then return {'begun'} end
  -- A gateway may have died between taking the place and saving its turn.
  if holder and redis.call('EXISTS', 'turn:' .. holder, 'turn:' .. holder .. ':lease') > 0 then
    return {'busy', holder}
  end
  if not new and redis.call('ZCARD', KEYS[7]) >= tonumber(ARGV[7]) then return {'full'} end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[8])
  redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[10])
  redis.call('ZADD', KEYS[4], ARGV[6], ARGV[2])
  redis.call('SET', KEYS[5], ARGV[2], 'EX', ARGV[9])
  redis.call('SET', KEYS[6], ARGV[5], 'EX', ARGV[10])
  redis.call('ZADD', KEYS[7], ARGV[6], ARGV[2])
  redis.call('EXPIRE', KEYS[7], ARGV[10])
  if new then
    redis.call('ZADD', KEYS[8], ARGV[6], ARGV[4])
    redis.call('EXPIRE', KEYS[8], ARGV[10])
  end
  for i = 12, #ARGV, 2 do
    redis.call('XADD', KEYS[3], '*', 'type', ARGV[i], 'data', ARGV[i + 1])
  end
  redis.call('EXPIRE', KEYS[3], ARGV[10])
  return {'begun'}
end)

-- services/orchestrator/turns/lua/lease.lua
register('turns_lease', {'allow-oom'}, {'turn:'}, function(KEYS, ARGV)
  -- Extends a turn's lease, or releases it (0 milliseconds), if the caller holds it.
  -- KEYS: lease. ARGV: owner, milliseconds
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end)

-- services/orchestrator/turns/lua/save.lua
register('turns_save', {}, {'turn:', 'turn:', 'events:', 'turn:index:', 'conversation:'}, function(KEYS, ARGV)
  -- Saves a turn and appends its events, both or neither, if the caller holds the turn's lease. A turn that no longer runs
  -- gives back its lease and its conversation's place.
  -- KEYS: lease, turn, events, index of running turns, conversation's active turn
  -- ARGV: owner, turn id, status, turn JSON ("" for events only), seconds to keep, most events, time, then type and data
  -- of each event
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  for i = 8, #ARGV, 2 do
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'type', ARGV[i], 'data', ARGV[i + 1])
  end
  if ARGV[4] == '' then return 1 end
  redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[5])
  if ARGV[3] == 'running' then
    redis.call('ZADD', KEYS[4], 'NX', ARGV[7], ARGV[2])
    return 1
  end
  redis.call('ZREM', KEYS[4], ARGV[2])
  if redis.call('GET', KEYS[5]) == ARGV[2] then redis.call('DEL', KEYS[5]) end
  redis.call('EXPIRE', KEYS[3], ARGV[5])
  redis.call('DEL', KEYS[1])
  return 1
end)

-- services/orchestrator/workers/lua/present.lua
register('workers_present', {'allow-oom'}, {}, function(KEYS, ARGV)
  -- Says that this version's functions are loaded, for the gateway's readiness.
  return 1
end)

-- services/orchestrator/workers/lua/take.lua
register('workers_take', {'allow-oom'}, {'reply:'}, function(KEYS, ARGV)
  -- Takes replies off an agent's stream, the oldest first, with the answers they name.
  -- KEYS: stream. ARGV: most replies, most bytes of the stream, most bytes of an answer, the reply that was heard already
  -- Returns {0, {call id, answer} of each}; or {bytes, {}} of a stream that is larger than workers make it, and that is
  -- removed unread. An answer is as `tasks_answer` gives it: nothing where there is none, or where all of them together
  -- would be larger than the stream may be. Of a reply that asks for a split it is {2, split} (`shared/tasks/parts.py`).
  local bytes = redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0)
  if not bytes then return {0, {}} end
  local most = tonumber(ARGV[2])
  if bytes > most then
    redis.call('DEL', KEYS[1])
    return {bytes, {}}
  end
  local replies = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])
  if #replies < tonumber(ARGV[1]) then
    -- An empty stream keeps its newest id; without it, an id at the end of all numbers would let no reply follow.
    redis.call('DEL', KEYS[1])
  else
    for _, reply in ipairs(replies) do redis.call('XDEL', KEYS[1], reply[1]) end
    if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
  end
  local record = 'task:' .. string.match(KEYS[1], '^reply:([^:]*)') .. ':'
  local taken, room = {}, most
  for _, reply in ipairs(replies) do
    local call_id, answer = reply[2][2], false
    local asks = reply[2][3] == 'split'
    local field = asks and 'split' or 'result'
    -- Whatever a worker has made of a record must not keep the other replies from being heard.
    local size = redis.pcall('HSTRLEN', record .. call_id, field)
    if type(size) == 'number' and size > tonumber(ARGV[3]) then
      answer = not asks and {0, size}
    elseif type(size) == 'number' and size > 0 and size <= room then
      answer = {asks and 2 or 1, redis.pcall('HGET', record .. call_id, field)}
      room = room - size
    end
    if reply[1] ~= ARGV[4] then taken[#taken + 1] = {call_id, answer} end
  end
  return {0, taken}
end)

-- shared/audit/lua/append.lua
register('audit_append', {}, {'audit:head:', 'audit:log:'}, function(KEYS, ARGV)
  -- Appends entries to a log if it still ends where their maker saw it end. KEYS: head, log.
  -- ARGV: the hash the head must have, seconds to keep (0: as it is), new seq, new hash, account, caller, time (seconds),
  -- then seq and entry of each. The stream's ids are the entries' numbers, so none can be put between or before others.
  local head = redis.call('HMGET', KEYS[1], 'seq', 'hash', 'account', 'caller_arn', 'kept_until')
  if (head[2] or '') ~= ARGV[1] then
    return {'stale', head[1] or '0', head[2] or '', head[3] or '', head[4] or ''}
  end
  for i = 8, #ARGV, 2 do
    redis.call('XADD', KEYS[2], ARGV[i] .. '-0', 'entry', ARGV[i + 1])
  end
  local ends = tonumber(ARGV[7]) + tonumber(ARGV[2])
  if ARGV[2] == '0' or ends <= (tonumber(head[5]) or 0) then
    redis.call('HSET', KEYS[1], 'seq', ARGV[3], 'hash', ARGV[4], 'account', ARGV[5], 'caller_arn', ARGV[6])
  else
    -- An hour longer than asked for, so that not every entry of that hour has to prolong it.
    redis.call('HSET', KEYS[1], 'seq', ARGV[3], 'hash', ARGV[4], 'account', ARGV[5], 'caller_arn', ARGV[6],
      'kept_until', ends + 3600)
    redis.call('EXPIRE', KEYS[1], ARGV[2] + 3600)
    redis.call('EXPIRE', KEYS[2], ARGV[2] + 3600)
  end
  return {'appended'}
end)

-- shared/tasks/lua/answer.lua
register('tasks_answer', {'allow-oom'}, {'task:'}, function(KEYS, ARGV)
  -- The result in a task's record, unless it is larger than one may be. KEYS: task. ARGV: most bytes
  -- Returns nothing while there is none, {1, result}, or {0, its bytes}.
  local bytes = redis.call('HSTRLEN', KEYS[1], 'result')
  if bytes == 0 then return false end
  if bytes > tonumber(ARGV[1]) then return {0, bytes} end
  return {1, redis.call('HGET', KEYS[1], 'result')}
end)

-- shared/tasks/lua/beat.lua
register('tasks_beat', {'allow-oom'}, {'workers:'}, function(KEYS, ARGV)
  -- Says that a worker is alive, also in a full Redis. KEYS: workers. ARGV: worker, now, good until (Unix seconds)
  -- Returns how many workers are, of a hundred at most: a member begins with its worker's name.
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
  redis.call('EXPIRE', KEYS[1], 60)
  local known, count = {}, 0
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf', 'LIMIT', 0, 100)) do
    local worker = string.match(member, '^[^ ]*')
    if not known[worker] then
      known[worker] = true
      count = count + 1
    end
  end
  return count
end)

-- shared/tasks/lua/cancel.lua
register('tasks_cancel', {'allow-oom'}, {'task:'}, function(KEYS, ARGV)
  -- Marks a task that nobody waits for. KEYS: task
  local state = redis.call('HGET', KEYS[1], 'state')
  if state and state ~= 'done' then
    redis.call('HSET', KEYS[1], 'cancelled', 1)
    return 1
  end
  return 0
end)

-- shared/tasks/lua/claim.lua
register('tasks_claim', {}, {'task:', 'open:'}, function(KEYS, ARGV)
  -- Takes a task for one delivery, under a lease and a fencing token. KEYS: task, open.
  -- ARGV: call_id, holder, lease_ms, max_attempts, session_id
  -- Whoever has claimed it gets the session's sealed credentials with it, as they are now; false where there are none.
  local task = redis.call('HMGET', KEYS[1], 'state', 'holder', 'lease_until', 'fence', 'attempts', 'deadline', 'cancelled')
  local state = task[1]
  if not state then return {'gone', 0} end
  if state == 'done' then return {'done', 0} end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  -- The same holder asks again where the answer got lost; that is no further attempt.
  local again = state == 'running' and task[2] == ARGV[2]
  if state == 'running' and not again and tonumber(task[3]) > now then return {'busy', 0} end
  local fence, attempts = tonumber(task[4]), tonumber(task[5])
  if not again then fence, attempts = fence + 1, attempts + 1 end
  redis.call('HSET', KEYS[1], 'state', 'running', 'holder', ARGV[2], 'fence', fence, 'attempts', attempts,
    'lease_until', now + ARGV[3])
  redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
  if attempts > tonumber(ARGV[4]) then return {'poison', fence} end
  if task[7] then return {'cancelled', fence} end
  if tonumber(task[6]) < now then return {'expired', fence} end
  -- What cannot be read the worker asks for itself, and answers with what is wrong with it.
  local sealed = redis.pcall('GET', 'vault:' .. string.sub(KEYS[2], 6) .. ':' .. ARGV[5])
  return {'claimed', fence, type(sealed) == 'string' and sealed}
end)

-- shared/tasks/lua/dead_letter.lua
register('tasks_dead_letter', {'allow-oom'}, {'dead:'}, function(KEYS, ARGV)
  -- Keeps what no worker can do anything with, the newest. KEYS: dead. ARGV: letter, how many to keep
  redis.call('LPUSH', KEYS[1], ARGV[1])
  redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
end)

-- shared/tasks/lua/finish.lua
register('tasks_finish', {'allow-oom'}, {'task:', 'open:'}, function(KEYS, ARGV)
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
end)

-- shared/tasks/lua/publish.lua
register('tasks_publish', {}, {'task:', 'open:'}, function(KEYS, ARGV)
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
end)

-- shared/tasks/lua/release.lua
register('tasks_release', {'allow-oom'}, {'task:', 'open:'}, function(KEYS, ARGV)
  -- Gives a task back whose worker lost Redis in the middle: that is no attempt, and it may be done again at once.
  -- KEYS: task, open. ARGV: call_id, fence
  if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[2] or redis.call('HGET', KEYS[1], 'state') ~= 'running' then
    return 0
  end
  redis.call('HSET', KEYS[1], 'state', 'open', 'lease_until', 0)
  redis.call('HINCRBY', KEYS[1], 'attempts', -1)
  redis.call('ZADD', KEYS[2], 0, ARGV[1])
  return 1
end)

-- shared/tasks/lua/renew.lua
register('tasks_renew', {'allow-oom'}, {'task:', 'open:'}, function(KEYS, ARGV)
  -- Prolongs a lease its holder still has. KEYS: task, open. ARGV: call_id, fence, lease_ms
  if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[2] or redis.call('HGET', KEYS[1], 'state') ~= 'running' then
    return 0
  end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'lease_until', now + ARGV[3])
  redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
  -- A task that outlives its deadline under a live lease keeps its record.
  if redis.call('PTTL', KEYS[1]) < ARGV[3] * 4 then redis.call('PEXPIRE', KEYS[1], ARGV[3] * 4) end
  return 1
end)

-- shared/tasks/lua/split.lua
register('tasks_split', {}, {'task:'}, function(KEYS, ARGV)
  -- Asks whoever waits for a task to have parts of it done by others. KEYS: task. ARGV: call_id, fence, split (signed)
  -- Returns 1 where somebody waits; they find it by the reply, which names the task only.
  local task = redis.call('HMGET', KEYS[1], 'state', 'fence', 'reply_to')
  if task[1] ~= 'running' or task[2] ~= ARGV[2] or not task[3] or task[3] == '' then return 0 end
  redis.call('HSET', KEYS[1], 'split', ARGV[3])
  redis.call('XADD', task[3], 'MAXLEN', '~', 1000, '*', 'call_id', ARGV[1], 'split', 1)
  redis.call('PEXPIRE', task[3], 86400000)
  return 1
end)

-- shared/tasks/lua/sweep.lua
register('tasks_sweep', {}, {'open:', 'q:'}, function(KEYS, ARGV)
  -- Pushes the message (the field `hint`) of every overdue task again. KEYS: open, queue.
  -- ARGV: backoff_ms, max_backoff_ms, forget_ms
  -- At most 100 at once: nobody may keep Redis busy for longer by a large set or a large argument.
  local prefix = 'task:' .. string.sub(KEYS[1], 6) .. ':'
  -- A message is smaller than this; copies of larger ones would fill Redis past its limit, which is checked before.
  local MOST_BYTES = 300 * 1024
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  -- As many messages as open tasks: the queue is long, none is lost, and more of them would only fill Redis.
  local room = redis.call('ZCARD', KEYS[1]) - redis.call('LLEN', KEYS[2])
  local pushed = {}
  for _, call_id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)) do
    local key = prefix .. call_id
    local task = redis.call('HMGET', key, 'state', 'lease_until', 'hint', 'deadline')
    if not task[1] or task[1] == 'done' or not task[3] or #task[3] > MOST_BYTES then
      redis.call('ZREM', KEYS[1], call_id)
    elseif task[1] == 'running' and tonumber(task[2]) > now then
      redis.call('ZADD', KEYS[1], task[2], call_id)
    elseif task[1] == 'open' and tonumber(task[4]) + ARGV[3] < now then
      -- Never begun, and long since nobody waits: gone, so that the same call may be made anew.
      redis.call('DEL', key)
      redis.call('ZREM', KEYS[1], call_id)
    elseif task[1] == 'open' and room <= 0 then
      redis.call('ZADD', KEYS[1], now + ARGV[1], call_id)
    else
      -- Overdue goes first: workers take from the right.
      redis.call('RPUSH', KEYS[2], task[3])
      local pushes = redis.call('HINCRBY', key, 'pushes', 1)
      redis.call('ZADD', KEYS[1], now + math.min(ARGV[1] * 2 ^ (pushes - 1), ARGV[2]), call_id)
      room = room - 1
      pushed[#pushed + 1] = call_id
    end
  end
  return pushed
end)

-- shared/tasks/lua/take_back.lua
register('tasks_take_back', {'allow-oom'}, {'task:'}, function(KEYS, ARGV)
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
end)
