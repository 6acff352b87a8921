-- name: add_event
insert into event (subscriber, number, at_ms, kind, detail, changed)
select :subscriber, coalesce(max(number), 0) + 1, :at, :kind, :detail, :changed
from event where subscriber = :subscriber

-- name: first_event
insert into event (subscriber, number, at_ms, kind, detail)
values (:subscriber, 1, :at, :kind, :detail)

-- name: history
select * from event where subscriber = :subscriber order by number

-- name: add_agreement
insert into agreement (subscriber, number, at_ms, place, method, wording, details)
select :subscriber, coalesce(max(number), 0) + 1, :at, :place, :method, :wording,
  :details
from agreement where subscriber = :subscriber

-- name: first_agreement
insert into agreement (subscriber, number, at_ms, place, method, wording, details)
values (:subscriber, 1, :at, :place, :method, :wording, :details)

-- name: agreements
select * from agreement where subscriber = :subscriber order by number
