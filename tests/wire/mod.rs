//! The server as a black box: the real binary, real sockets, exact bytes.
//!
//! | module | holds the server to |
//! | --- | --- |
//! | `contract`, `operator`, `books`, `past` | what it answers when all is well, and each refusal |
//! | `batch` | many operations in one request: each as if it came alone, whatever becomes of the batch |
//! | `cycles` | whole lives of cards, played by the load generator's stand-in for the network |
//! | `authorizations` | what is approved and declined, in time and once |
//! | `limits` | spend limits: set, shown, told, and raced |
//! | `amounts`, `texts`, `shapes`, `money`, `repeats` | tables of bad input, driven by `table` |
//! | `requests`, `transport`, `patience` | the forms of a request, bytes that are none, and clients that are slow or rude |
//! | `notifications` | what is told, once, and how it is shown |
//! | `questions` | what the tenant is asked, and what is answered without a hook |
//! | `keys` | who may do what |
//! | `timing` | where an answer's time went, for whoever asks |
//! | `storm`, `damage` | crashes under load, and logs that were harmed |
//! | `explain` | what each decision of a transaction saw, and that it comes out again |
//! | `clearing` | clearing mode: what approvals, reversals and clearing records move, and once |
//! | `keeping` | snapshots, and an archive of what is old |
//! | `mirror` | two copies of the log, of which one is harmed |
//! | `reconcile` | settlement and clearing files against ledgers, with breaks planted in them |
//! | `shadow` | its log and its answers against a second set of books |

mod amounts;
mod authorizations;
mod batch;
mod books;
mod clearing;
mod contract;
mod cycles;
mod damage;
mod explain;
mod keeping;
mod keys;
mod limits;
mod load;
mod mirror;
mod money;
mod notifications;
mod operator;
mod past;
mod patience;
mod questions;
mod reconcile;
mod repeats;
mod requests;
mod shadow;
mod shapes;
mod storm;
mod table;
mod texts;
mod timing;
mod transport;
