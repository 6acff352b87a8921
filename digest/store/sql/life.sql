-- name: read
select id, steps, backup_ms from life

-- name: begin
insert into life (one, id, steps) values (1, :id, 0) on conflict (one) do nothing

-- name: step
update life set steps = steps + 1 returning id, steps

-- name: become
update life set id = :id, backup_ms = :backup

-- name: open_rows
select i.id as issue, i.newsletter, d.state, count(*) as n
from delivery d join issue i on i.key = d.issue
where d.due_ms >= 0
group by i.id, i.newsletter, d.state order by i.id, d.state

-- name: hold_open_rows
update delivery
set state = 'unknown', token = null, due_ms = -1, doubted = 1, reply = :reply,
  changed_ms = :now
where due_ms >= 0

-- name: close_windows
update issue set until_ms = :now
where until_ms < :now and not exists (
  select 1 from issue later
  where later.newsletter = issue.newsletter and later.number > issue.number
)

-- name: close_slots
insert into slot (newsletter, id, due_ms)
select newsletter, :id, :now from watched where true
on conflict (newsletter, id) do nothing
