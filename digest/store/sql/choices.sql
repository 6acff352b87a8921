-- name: by_id
select * from subscriber where id = :id

-- name: by_key
select * from subscriber where address_key = :key

-- name: insert
insert into subscriber (id, address, address_key, status, profile)
values (:id, :address, :key, :status, :profile)

-- name: update
update subscriber
set address = :address, address_key = :key, status = :status, profile = :profile
where id = :id

-- name: take
insert into taken (newsletter, subscriber) values (:newsletter, :subscriber)

-- name: untake
delete from taken where subscriber = :subscriber

-- name: forget_bounces
delete from soft_bounce where subscriber = :subscriber

-- name: ask
insert into asked (subscriber, profile, at_ms) values (:subscriber, :profile, :now)
on conflict (subscriber)
do update set profile = excluded.profile, at_ms = excluded.at_ms

-- name: asked
select profile from asked where subscriber = :subscriber

-- name: forget_asked
delete from asked where subscriber = :subscriber

-- name: note_former
insert into formerly (address_key, subscriber) values (:key, :subscriber)
on conflict (address_key) do update set subscriber = excluded.subscriber

-- name: forget_former
delete from formerly where address_key = :key

-- name: unname
-- What files say of a former address is about whoever has it now.
delete from imported where subscriber in (
  select subscriber from formerly where address_key = :key and subscriber <> :subscriber
)
