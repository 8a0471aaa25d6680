#!lua keys=decision:,decision:,runs,runs:review:
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
