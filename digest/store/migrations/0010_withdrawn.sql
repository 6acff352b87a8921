-- Articles that are in no further mail: since when, and whether their source took them
-- back or the operator did.
alter table article add column withdrawn_ms bigint;
alter table article add column withdrawn_by text not null default '';
