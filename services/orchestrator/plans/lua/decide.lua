#!lua keys=decision:,runs,runs:review:
-- Stores the one decision on a plan and makes the plan due to be followed, both or neither.
-- An approval that says that Claude's review had not come is none once it has.
-- KEYS: decision, runs, review. ARGV: decision, seconds to keep it, plan, now, 1 for such an approval
if redis.call('EXISTS', KEYS[1]) == 1 then return 'decided' end
if ARGV[5] == '1' and redis.call('EXISTS', KEYS[3]) == 1 then return 'reviewed' end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
return 'stored'
