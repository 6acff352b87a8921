-- name: takers
select s.* from taken t join subscriber s on s.id = t.subscriber
where t.newsletter = :newsletter and s.status = :status and t.subscriber > :after
order by t.subscriber limit :limit

-- name: everyone
select * from subscriber where id > :after order by id limit :limit

-- name: by_key
select * from subscriber where address_key = :key

-- name: by_ids
select * from subscriber where id in (:ids)

-- name: by_id
select * from subscriber where id = :id

-- name: held
select s.*, i.said, i.standing from subscriber s
left join imported i on i.subscriber = s.id and i.origin = :origin
where s.address_key in (:keys)

-- name: insert
insert into subscriber (id, address, address_key, status, profile)
values (:id, :address, :key, :status, :profile)

-- name: update
update subscriber set address = :address, status = :status, profile = :profile
where id = :id

-- name: set_status
update subscriber set status = :status where id = :id

-- name: take
insert into taken (newsletter, subscriber) values (:newsletter, :subscriber)

-- name: untake
delete from taken where subscriber = :subscriber

-- name: upsert_imported
insert into imported (origin, subscriber, said, standing)
values (:origin, :subscriber, :said, :standing)
on conflict (origin, subscriber)
do update set said = excluded.said, standing = excluded.standing

-- name: named_by
select subscriber from imported where origin = :origin

-- name: forget
delete from imported where origin = :origin and subscriber in (:ids)

-- name: to_remove
select id from subscriber where id in (:ids) and status in ('pending', 'active')
and not exists (
  select 1 from imported i where i.subscriber = subscriber.id and i.standing = 1
)

-- name: add_event
insert into event (subscriber, number, at_ms, kind, detail)
select :subscriber, coalesce(max(number), 0) + 1, :at, :kind, :detail
from event where subscriber = :subscriber

-- name: history
select * from event where subscriber = :subscriber order by number

-- name: soft_bounces
select issue, issues, since_ms from soft_bounce where subscriber = :subscriber

-- name: add_soft_bounce
insert into soft_bounce (subscriber, issue, issues, since_ms)
values (:subscriber, :issue, 1, :now)
on conflict (subscriber)
do update set issue = excluded.issue, issues = soft_bounce.issues + 1

-- name: bouncing
select subscriber from soft_bounce where subscriber in (:ids)

-- name: forget_bounces
delete from soft_bounce where subscriber in (:ids)

-- name: see
insert into followed (origin, seen) values (:origin, :seen)
on conflict (origin) do update set seen = excluded.seen

-- name: seen
select seen from followed where origin = :origin
