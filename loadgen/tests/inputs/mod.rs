//! What goes into a run: the workload, the load, the journal, and the server.

mod journals;
mod kills;
mod loads;
mod workloads;
