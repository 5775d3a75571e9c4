-- keep_answer: what was answered to a request's key, in the transaction of what was
-- done. $1 text holder; $2 text key; $3 text answer as JSON.
update jobs.answer a set answer = $3::jsonb where a.holder = $1 and a.key = $2
