-- name: add_event
insert into event (subscriber, number, at_ms, kind, detail, changed)
select :subscriber, coalesce(max(number), 0) + 1, :at, :kind, :detail, :changed
from event where subscriber = :subscriber

-- name: history
select * from event where subscriber = :subscriber order by number

-- name: add_agreement
insert into agreement (subscriber, number, at_ms, place, method, wording, details)
select :subscriber, coalesce(max(number), 0) + 1, :at, :place, :method, :wording,
  :details
from agreement where subscriber = :subscriber

-- name: agreements
select * from agreement where subscriber = :subscriber order by number
