-- leaderboard: contacts by total, highest first, ties by contact id.
-- $1 text organization; $2 int8 total of the last line seen in ten-thousandths, or null;
-- $3 text contact of that line, or null; $4 int8 most rows.
select s.contact_id, (s.total_score * 10000)::int8 as total, s.grade, s.calculated_at
from scoring.lead_scores s
where s.organization_id = $1
  and (-s.total_score, s.contact_id) > (coalesce(-$2::int8 / 10000.0, -101), coalesce($3, ''))
order by -s.total_score, s.contact_id
limit $4
