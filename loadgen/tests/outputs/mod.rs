//! What a run leaves behind: measurements that add up, and every form of the report.

mod compare;
mod files;
mod measured;
