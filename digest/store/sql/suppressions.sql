-- name: key
select hex from secret where name = 'suppression'

-- name: make_key
insert into secret (name, hex) values ('suppression', :hex)
on conflict (name) do nothing

-- name: any
select 1 as one from suppression limit 1

-- name: among
select hash, reason from suppression where hash in (:hashes)

-- name: add
insert into suppression (hash, reason, said_by, since_ms)
values (:hash, :reason, :by, :now)
on conflict (hash) do update
set reason = excluded.reason, said_by = excluded.said_by, since_ms = excluded.since_ms
where suppression.reason <> :strongest

-- name: remove
delete from suppression where hash = :hash
