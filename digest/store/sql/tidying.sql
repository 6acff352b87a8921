-- name: old_issues
select i.key from issue i where i.frozen_ms < :before and exists (
  select 1 from delivery d
  where d.issue = i.key and d.state in ('sent', 'failed', 'skipped')
  and d.changed_ms < :before
)
order by i.key

-- name: last_of_batch
select max(subscriber) as subscriber from (
  select subscriber from delivery
  where issue = :issue and state in ('sent', 'failed', 'skipped')
  and changed_ms < :before
  order by subscriber limit :limit
) batch

-- name: count
insert into tally (issue, state, reason, n)
select issue, state, reason, count(*) from delivery
where issue = :issue and state in ('sent', 'failed', 'skipped')
and changed_ms < :before and subscriber <= :until
group by issue, state, reason
on conflict (issue, state, reason) do update set n = tally.n + excluded.n

-- name: forget
delete from delivery
where issue = :issue and state in ('sent', 'failed', 'skipped')
and changed_ms < :before and subscriber <= :until

-- name: forget_late_replies
delete from late_reply where at_ms < :before and parked <> 'parked'

-- name: forget_refusals
delete from event where kind = 'soft bounce' and at_ms < :before

-- name: forget_asked
delete from asked where at_ms < :before

-- name: unconfirmed
-- Who only ever asked by a form; whom a file names is the file's.
select s.id from subscriber s
where s.status = 'pending'
and not exists (select 1 from imported i where i.subscriber = s.id)
and not exists (
  select 1 from event e where e.subscriber = s.id and e.at_ms >= :before
)
order by s.id limit :limit
