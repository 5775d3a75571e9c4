-- set_traceparent: names the span that starts the jobs of this transaction, as their column
-- takes it by default. $1 text trace context.
select set_config('app.traceparent', $1, true)
