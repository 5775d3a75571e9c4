-- keep_months: makes room for activity that comes, and drops months of it that are over for long.
-- $1 timestamptz, $2 timestamptz there is room from the month of the one to the month of the
-- other; $3 timestamptz a month that ended then or before goes.
select analytics.keep_months($1, $2, $3)::text
