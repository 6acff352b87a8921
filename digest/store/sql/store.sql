-- name: keys
select name, hex from secret where name = 'links' or name like 'links-%'

-- name: make_key
insert into secret (name, hex) values (:name, :hex) on conflict (name) do nothing
