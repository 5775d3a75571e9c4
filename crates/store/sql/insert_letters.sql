-- insert_letters: keeps bodies that are no messages.
-- $1 text queue; $2 text[] message ids; $3 bytea[] bodies; $4 text[] reasons; $5 text[] details.
insert into jobs.dead_letter (queue, message_id, body, reason, detail)
select $1, l.message_id, l.body, l.reason, left(l.detail, 4000)
from unnest($2::text[], $3::bytea[], $4::text[], $5::text[]) as l(message_id, body, reason, detail)
order by l.message_id
on conflict (queue, message_id) do nothing
