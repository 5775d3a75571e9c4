-- set_lock_timeout: how long this transaction waits for a lock. $1 text such as 1s.
select set_config('lock_timeout', $1, true)
