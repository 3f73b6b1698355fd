//! holdfast: the ledger in a card issuer's hot path.
//!
//! Open Fabric, a card processor, asks the issuer's backend in real time to debit, credit, hold,
//! restore and settle balances. holdfast is that backend: accounts in memory in sharded tables under
//! short locks, every action durable in a memory-mapped write-ahead log with group commit before it
//! is answered, exactly once, served over raw hyper.
//!
//! *The contract*, wherever these pages say so, is what Open Fabric documents of its ledger API,
//! together with what the README promises.
//!
//! Three goals, those that come earlier first: **correct**, then **fast**, then **small**.
//!
//! # One line through the house
//!
//! ```text
//! bytes ► route ► auth ► request ► [key shard, account shard: seen? ► decide ► append ► apply] ►
//!     encode ► wait until durable ► bytes
//! ```
//!
//! | room | what it does | what it must not know |
//! | --- | --- | --- |
//! | [`ledger`] | the law: [`decide`](ledger::decide()) reads, [`apply`](ledger::Account::apply) cannot fail | anything outside memory: it compiles without `std` |
//! | [`wal`] | the log: opaque records in, the same records out, in order, after a crash | accounts |
//! | [`engine`] | joins the two: shards, the idempotency table, recovery, snapshots, history, the books | HTTP |
//! | [`wire`] | records and amounts as the contract writes them, and back | who asks, and how |
//! | [`mod@reconcile`] | settlement and clearing files against the ledger, record by record | HTTP, locks |
//! | [`clearing`] | what moves money where no operation of the network does: reversals, clearing records | HTTP |
//! | [`http`] | bytes to requests, answers to bytes; the only asynchronous code | locks, the log |
//! | [`serve`] | starts everything in order, watches it, stops it in order | |
//! | [`config`], [`cli`] | what was said, and what is therefore true | |
//! | [`client`] | a running server, as the commands that talk to one reach it | what is asked |
//! | [`tools`] | the operator's commands on the files of a data directory | HTTP |
//! | [`print`](mod@print) | what commands print with | what is printed |
//! | [`child`] | this program as a server of another command | what it serves |
//! | [`demo`] | a story that a newcomer understands the product from | everything but HTTP |
//! | [`torture`] | servers killed and damaged on the operator's own disk | everything but HTTP, signals and names of files |
//!
//! `tests/tidy.rs` holds these directions, `tests/pure.rs` the purity of the law.
//!
//! # Architecture invariants
//!
//! * **Events are logged, not commands.** A record holds the postings and the balances after them.
//!   Recovery folds [`apply`](ledger::Account::apply) over the log and compares every balance that
//!   it stored. A change of the rules never changes the past. The state is divided among as many
//!   folders as there are cores, each with its shards alone; any number of them comes to the same,
//!   and says the same of a log that does not fit.
//! * **Every answer is a record**, refusals too: they must be repeatable by key, and must not
//!   reveal what a power cut can undo. Every answer, reads included, waits until what it reveals is
//!   on the disk.
//! * **From the lock to the unlock nothing waits and nothing is asynchronous**, so a client that
//!   hangs up cannot stop an action half-way. Locks have one order: unposted approvals, roster, key,
//!   account shards ascending, strays (what touched no customer's account), default spend limits,
//!   undecided approvals, log.
//! * **LSN order is apply order** for every account, because the append happens under the shard's
//!   lock; and it is the order of moments, because those are given out under the log's.
//! * **The idempotency table keeps a keyed hash and a position.** Key and meaning are compared in
//!   full with the record, and the first answer is built from it again, by the encoder that built
//!   it first ([`wire::operation_answer`]).
//! * **Money is never a float.** It is read from the number's own text into minor units, and
//!   written from them ([`wire::money`]). Every movement is a list of postings that take from one
//!   place what they put into another; the books are added up all the time
//!   ([`engine::Engine::audit`]).
//! * **An approval leaves in time or not at all.** It is durable and its budget lasts, or the answer
//!   is a decline and a record undoes it; which of the two is settled once ([`engine::Undecided`]).
//! * **A failed sync is the last word.** Nothing is retried; what is in flight is told
//!   `OUTCOME_UNKNOWN`; the process ends and recovery, which does not believe the page cache, finds
//!   the truth.
//! * **A snapshot saves time and is never the truth.** It is used only as far as the log reaches, on
//!   top of it the log's records are checked as ever, and where it is not right an older one, or
//!   all of the log, is replayed.
//! * **`unsafe` is in one file**, the mapped segment of [`wal`].
//!
//! # Decisions where the contract is silent
//!
//! * Names of balances, holds and actions are made of log positions ([`ledger::ActionRef`]): unique,
//!   ordered, and found again without an index.
//! * The transaction's link that makes a debit post (an approved authorization, or an operation that
//!   moved money) is kept per account by 96 bits of a keyed hash and the account.
//! * An authorization's answer that needs no record, because nothing could be decided, has the name
//!   `auth_0000000000000000`. A final message of a transaction of which any message was decided,
//!   approved or declined, is declined; so is one about another account.
//! * What lapsed while the server was down is given back before the first answer of its next life.
//! * Of an approval that a crash left neither answered nor undone for certain, a repeat is told what
//!   its record says.
//! * To explain a transaction its decisions are made once more by the rules of now; a decision by a
//!   spend limit, and one on a hold of another transaction, are not.
//! * An authorization without `currency` is in that of an account that has one.
//! * Spend limits ([`ledger::Limits`]) are asked in the same step as the funds, behind them, about
//!   authorizations and about operations that are checked. A transfer is no card's spending. What
//!   must post is never refused, and counts. Counting begins with the first rule on a period that
//!   applies to an account, and goes on over a change of rules.
//! * What is counted is counted on the day of the moment at which it is decided, in the tenant's
//!   time zone. The record says which day that was: a replay needs neither rules nor zones, and
//!   another `time_zone` changes nothing that was counted. A day never goes back.
//! * A credit or restore gives back what its transaction counts, the newest first; a credit that
//!   comes before what it reverses gives nothing back.
//! * A rule on a merchant lets an operation through: only authorizations name one.
//! * A hold on a frozen or closed account posts as far as authorizations promised it, as the
//!   contract says; a zero amount that nothing promised is refused like any other.
//! * `overdraft_limit` and `add_currencies` of an account are set, not added to: the same `PATCH`
//!   again changes nothing.
//! * Opening an account again compares with how it was opened, not with how it is now.
//! * History is kept for customers' accounts: `?at` and a statement of `@settlement` or `@funding`
//!   are refused with 400. Each shard has its part of them, so no chain of records leads through
//!   all of their movements; the trial balance shows them as they are.
//! * A statement lists what moved money: not refusals, which it passes, not actions of zero, not
//!   reservations, openings and amendments. Before an account was opened it was not there (404),
//!   and a moment to come is nothing that can be shown (400); `to` may lie in the future.
//! * A page of a statement that would pass ten thousand records is short, and goes on.
//! * A file is reconciled with all that is durable in the log; what the file and the ledger took from
//!   the customer in all is compared, and only then record by record. The tables of what is held
//!   against what, and of the kinds of breaks, are in [`mod@reconcile`].
//! * In clearing mode an operation that posts an approval uses the grant of that approval. All others
//!   that the ledger asks of itself, under keys that no sender can give ([`engine::record::own`]),
//!   use none, and take an account to what [`mod@clearing`] works out from all that was told of a
//!   transaction. They are settled, so they post.
//! * In clearing mode what a crash left neither answered nor undone for certain is posted: it stands
//!   for repeats, final authorizations are not repeated in clearing files, and for what the network
//!   took for declined a reversal comes.
//! * A clearing record's name is its type and its `network_clearing_ref`, so that a record and its
//!   reversal may share the latter. It is kept as a notification of a type of ours. A record of a
//!   refund that expired takes back what refunds of its transaction gave, and never more.
//! * What is approved under a transaction that is over, by its last clearing or its expiry, is not
//!   kept from the customer: the transaction comes to the same as if the approval had come before.
//! * A reversal of a pre-authorization that is not in the currency of its hold is one of all of it.
//! * A notification's name is its own `notification_id`, else that of its data, else a hash of type
//!   and data in which spaces do not count. One name is one notification, whatever else is said the
//!   second time. It counts among the keys that are remembered.
//! * A notification is a JSON object with a `type` of at most 128 bytes; one that is not is answered
//!   400 when those beside it are recorded. Whatever else it lacks is worked out anew whenever it is
//!   shown ([`wire::notification`]), so that better knowledge of a type reaches the past.
//! * A page of notifications that would pass ten thousand records is short, and goes on.
//! * The paths of 3-D Secure challenges and of transactions to create are not published: they are
//!   under the base path like the others, and in the README's table. A question and its answer are
//!   kept as notifications of types of ours, whose names are the type and what the question is
//!   called; that of a transaction is taken for the card transaction that later callbacks name.
//! * A question without a hook has an answer that approves nothing, and that is the answer from then
//!   on. One that the hook does not answer is told 503 and asked again by whoever wants to know.
//! * A one-time password is for the shopper: the hook is told it, and the log is not.
//! * A break is known by its file, its kind and what it is about. It is opened when it is first listed
//!   in a report, and resolved once: the same break of the same file is never opened again, and
//!   another note for one that is resolved is 409. What they say is read from the log.
//! * A chunked body is taken; after one that also has a length the connection is closed.
//! * A connection with nothing asked is closed after five minutes.
//! * Health is open without a key; metrics want a reader's or an operator's.
//! * After more than an hour between the last record and the machine's clock the server wants
//!   `--accept-clock-jump`: a wrong clock would lapse and expire things.

extern crate alloc;

pub mod child;
pub mod clearing;
pub mod cli;
pub mod client;
pub mod config;
pub mod demo;
pub mod engine;
pub mod http;
pub mod ledger;
pub mod print;
pub mod reconcile;
pub mod serve;
pub mod tools;
pub mod torture;
pub mod wire;
