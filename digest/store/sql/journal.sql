-- name: plan
insert into delivery (
  id, issue, subscriber, state, token, lease_ms, due_ms, attempts, dated_ms, doubted,
  reason, reply, changed_ms
)
values (:id, :issue, :reader, 'queued', null, 0, :now, 0, null, 0, '', '', :now)
on conflict (issue, subscriber) do nothing

-- name: claim
-- Materialized: PostgreSQL may otherwise run the choice again and take too many.
-- The list of states is the one of the index, which is found by it.
with ready as materialized (
  select id from delivery
  where issue = :issue and state in ('queued', 'deferred', 'claimed')
  and (
    state = 'queued'
    or (state = 'deferred' and due_ms <= :now)
    or (state = 'claimed' and lease_ms <= :now)
  )
  {only}
  order by due_ms, subscriber
  limit :limit
)
update delivery
set state = 'claimed', token = :token, lease_ms = :lease, changed_ms = :now
from ready where delivery.id = ready.id
returning delivery.id, issue, subscriber, token, attempts, due_ms

-- name: only
and subscriber in (:readers)

-- name: release
update delivery set state = 'queued', token = null, changed_ms = :now
where token = :token and state = 'claimed'

-- name: skip
update delivery
set state = 'skipped', token = null, reason = :reason, changed_ms = :now
where id = :id and token = :token and state = 'claimed'

-- name: requeue
update delivery set state = 'queued', token = null, changed_ms = :now
where id = :id and token = :token and state = 'claimed'

-- name: start
-- The fence. Date is the time of the attempt, unless an earlier one may have left.
update delivery
set state = 'sending', attempts = attempts + 1, lease_ms = :lease, changed_ms = :now,
  dated_ms = case when doubted = 1 then dated_ms else :now end
where id = :id and token = :token and state = 'claimed'
returning dated_ms

-- name: record
update delivery
set state = :state, token = :kept, due_ms = :due, reply = :reply, changed_ms = :now,
  attempts = attempts - :untried,
  doubted = case when doubted = 1 then 1 else :doubted end
where id = :id and token = :token and state in ('sending', 'unknown')
returning subscriber

-- name: expire
update delivery set state = 'unknown', doubted = 1, changed_ms = :now
where state = 'sending' and lease_ms <= :now

-- name: end_leases
update delivery set lease_ms = :now
where issue = :issue and state in ('claimed', 'sending') and lease_ms > :now

-- name: receive
insert into received (subscriber, article, delivery)
values (:reader, :article, :delivery)

-- name: unreceive
delete from received where subscriber = :reader and delivery = :delivery

-- name: received
select subscriber, article from received
where subscriber in (:readers) and article in (:articles)

-- name: except_issue
and not exists (
  select 1 from delivery d where d.id = received.delivery and d.issue = :issue
)

-- name: counts
select state, count(*) as n from delivery where issue = :issue group by state

-- name: deliveries
select * from delivery
where issue = :issue and subscriber > :after {state}
order by subscriber limit :limit

-- name: in_state
and state = :state

-- name: oldest_due
select due_ms from delivery
where issue = :issue and state in ('queued', 'deferred', 'claimed')
order by due_ms limit 1
