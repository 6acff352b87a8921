-- name: takers
select s.* from taken t join subscriber s on s.id = t.subscriber
where t.newsletter = :newsletter and s.status = :status and t.subscriber > :after
order by t.subscriber limit :limit

-- name: with_moments
-- The two patterns are those of the index, which is found by them.
select s.* from subscriber s
where s.id > :after and s.status = :status
and (s.profile like '%"days":%' or s.profile like '%"hour":%')
and exists (
  select 1 from taken t where t.newsletter = :newsletter and t.subscriber = s.id
)
order by s.id limit :limit

-- name: everyone
select * from subscriber where id > :after order by id limit :limit

-- name: matching
select * from subscriber
where id > :after and (address_key like :pattern or lower(profile) like :pattern)
order by id limit :limit

-- name: by_key
select * from subscriber where address_key = :key

-- name: by_ids
select * from subscriber where id in (:ids)

-- name: by_id
select * from subscriber where id = :id

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

-- name: former
select address_key from formerly where subscriber = :subscriber order by address_key

-- name: said
select origin, said from imported where subscriber = :subscriber order by origin
