#!lua keys=runs
-- Takes a plan that is due, so that no other gateway takes it until a given time. KEYS: runs. ARGV: plan, now, until
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if due and tonumber(due) <= tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[1])
  return 1
end
return 0
