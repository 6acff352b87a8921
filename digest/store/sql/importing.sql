-- name: held
-- Who changed their address is known by the former one, too.
select s.address_key as named, s.*, i.said, i.standing from subscriber s
left join imported i on i.subscriber = s.id and i.origin = :origin
where s.address_key in (:keys)
union all
select f.address_key as named, s.*, i.said, i.standing from formerly f
join subscriber s on s.id = f.subscriber
left join imported i on i.subscriber = s.id and i.origin = :origin
where f.address_key in (:keys)

-- name: insert
insert into subscriber (id, address, address_key, status, profile)
values (:id, :address, :key, :status, :profile)

-- name: update
update subscriber set address = :address, status = :status, profile = :profile
where id = :id

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
select subscriber from imported where origin = :origin and subscriber > :after
order by subscriber limit :limit

-- name: forget
delete from imported where origin = :origin and subscriber in (:ids)

-- name: to_remove
select id, address from subscriber where id in (:ids) and status in ('pending', 'active')
and not exists (
  select 1 from imported i where i.subscriber = subscriber.id and i.standing = 1
)
-- Who confirmed by themselves does not stand and fall with a file.
and not exists (
  select 1 from agreement a
  where a.subscriber = subscriber.id and a.method = 'confirmed'
)

-- name: remove
update subscriber set status = :status where id = :id
