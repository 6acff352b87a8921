-- Readers whose mail was refused for now, issue after issue, and nothing arrived since.
create table soft_bounce (
  subscriber text primary key references subscriber (id),
  issue text not null, -- the last one refused
  issues bigint not null, -- how many in a row
  since_ms bigint not null -- when the first of them was
);

-- What a file of readers looked like when it was last taken in, as a hash.
create table followed (
  origin text primary key,
  seen text not null
);

-- Which database this is, and how far it has come; see `digest.store.life`.
create table life (
  one bigint primary key check (one = 1),
  id text not null, -- random; a backup has one of its own
  steps bigint not null, -- grows whenever something is about to be sent
  backup_ms bigint -- when this backup was made; null: it is none
);
