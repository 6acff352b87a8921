-- What people asked for on the public pages, until the mail about it is out and its link
-- is used or too old. A row is written before anybody is answered, so no request is lost.
create table request (
  id text primary key, -- random; what the link in the mail holds
  kind text not null check (kind in ('subscribe', 'welcome', 'address')),
  subscriber text references subscriber (id), -- null: not looked up yet
  address_key text not null, -- whose mailbox the mail goes to
  detail text not null, -- JSON
  asked_ms bigint not null,
  due_ms bigint, -- when its mail is tried; null: it is out, or there is none
  attempts integer not null,
  until_ms bigint not null, -- when the link stops working
  used_ms bigint -- when the link was used
);
create index request_due on request (due_ms) where due_ms is not null;
create index request_by_address on request (address_key, asked_ms);
create index request_by_subscriber on request (subscriber);
