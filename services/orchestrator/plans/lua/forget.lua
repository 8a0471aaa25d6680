#!lua keys=runs,runs:n: flags=allow-oom
-- Takes an ended plan out of `runs`; if a doubt was answered since its end was seen, makes it due at once instead.
-- KEYS: runs, runs:n. ARGV: plan, the number when the end was seen, now
if (redis.call('GET', KEYS[2]) or '0') == ARGV[2] then return redis.call('ZREM', KEYS[1], ARGV[1]) end
return redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
