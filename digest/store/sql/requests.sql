-- name: add
insert into request (
  id, kind, subscriber, address_key, detail, asked_ms, due_ms, attempts, until_ms, used_ms
)
values (:id, :kind, :subscriber, :address, :detail, :now, :due, 0, :until, null)

-- name: by_id
select * from request where id = :id

-- name: of
select * from request where subscriber = :subscriber order by asked_ms, id

-- name: due
select * from request where due_ms <= :now order by due_ms, id limit :limit

-- name: take
update request set due_ms = :due, attempts = attempts + 1 where id = :id

-- name: settle
update request set due_ms = null where id = :id

-- name: belongs
update request set subscriber = :subscriber where id = :id

-- name: drop
delete from request where id = :id

-- name: use
update request set used_ms = :now where id = :id and used_ms is null and until_ms > :now

-- name: waiting
select count(*) as number from request where due_ms is not null

-- name: mailed
select count(*) as number from request
where address_key = :address and asked_ms > :since and due_ms is null and kind <> 'welcome'

-- name: forget
delete from request where asked_ms < :before and due_ms is null
