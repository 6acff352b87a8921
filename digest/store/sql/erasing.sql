-- name: address
select address from subscriber where id = :id

-- name: former
select address_key from formerly where subscriber = :id

-- name: count
-- What was not settled never will be.
insert into tally (issue, state, reason, n)
select issue,
  case when state in ('sent', 'failed', 'skipped') then state else 'skipped' end,
  case when state in ('sent', 'failed', 'skipped') then reason
    when state in ('body_sent', 'unknown') then 'erased while in doubt'
    else 'erased' end,
  1
from delivery
where issue in (select key from issue) and subscriber = :id
on conflict (issue, state, reason) do update set n = tally.n + 1

-- name: erase_delivery
delete from delivery where issue in (select key from issue) and subscriber = :id

-- name: erase_held_before
delete from held_before where issue in (select key from issue) and subscriber = :id

-- name: erase_event
delete from event where subscriber = :id

-- name: erase_agreement
delete from agreement where subscriber = :id

-- name: erase_asked
delete from asked where subscriber = :id

-- name: erase_request
delete from request where subscriber = :id

-- name: erase_formerly
delete from formerly where subscriber = :id

-- name: erase_imported
delete from imported where subscriber = :id

-- name: erase_soft_bounce
delete from soft_bounce where subscriber = :id

-- name: erase_late_reply
delete from late_reply where subscriber = :id

-- name: erase_taken
delete from taken where subscriber = :id

-- name: erase_subscriber
delete from subscriber where id = :id
