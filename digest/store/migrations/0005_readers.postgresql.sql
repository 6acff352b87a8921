-- What readers say themselves, what they agreed to, and what outlives them.

-- What changed, as JSON: {"name": ["before", "after"]}; empty: only what `kind` says.
alter table event add column changed text not null default '';

-- The record of consent; only ever added to.
create table agreement (
  subscriber text not null references subscriber (id),
  number bigint not null,
  at_ms bigint not null,
  place text not null, -- the address of a page, a file's name
  method text not null,
  wording text not null,
  details text not null,
  primary key (subscriber, number)
) {clustered};

-- What a reader who gets nothing asked for by a form; it counts when they confirm.
create table asked (
  subscriber text primary key references subscriber (id),
  profile text not null,
  at_ms bigint not null
);

-- Addresses readers had before they changed them: files may still name these.
create table formerly (
  address_key text primary key,
  subscriber text not null references subscriber (id)
);
create index formerly_by_subscriber on formerly (subscriber);

-- Addresses that must not be mailed, by a hash that nobody can read them from.
create table suppression (
  hash text primary key,
  reason text not null,
  said_by text not null,
  since_ms bigint not null
);

-- Deliveries whose rows are gone, counted.
create table tally (
  issue integer not null,
  state text not null,
  reason text not null,
  n bigint not null,
  primary key (issue, state, reason)
);

-- Without an index over readers, which a million rows an issue cannot afford, the
-- server would look through all deliveries for each reader who is erased.
alter table delivery drop constraint handover_subscriber_fkey;
