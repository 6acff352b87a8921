-- A delivery that is settled is due at -1. The index hangs on that instead of on the
-- states, so that a change of state alone, as each mail makes one, leaves it alone.
drop index delivery_open;
update delivery set due_ms = -1
where state not in ('queued', 'deferred', 'claimed', 'sending', 'body_sent');
create index delivery_open on delivery (issue, due_ms, subscriber) where due_ms >= 0;
