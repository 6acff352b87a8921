-- Readers whose mail was refused for now, issue after issue, and nothing arrived since.
create table soft_bounce (
  subscriber text primary key references subscriber (id),
  issue text not null, -- the last one refused
  issues bigint not null, -- how many in a row
  since_ms bigint not null -- when the first of them was
);

-- What a file that is followed looked like when it was last taken in, by a hash.
create table followed (
  origin text primary key,
  seen text not null
);
