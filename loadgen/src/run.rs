//! One run from setup to report.

use std::{io, sync::Arc, time::Duration};

use tokio::{runtime, task::LocalSet};

use crate::{
    audit::audit,
    cli::Plan,
    clock::now,
    environment::Environment,
    live::{Board, Watch},
    load::load,
    operator::OperatorError,
    report::Report,
    setup::open_accounts,
};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The accounts could not be created.
    #[error("the accounts could not be opened: {0}")]
    Setup(#[source] OperatorError),
    /// The balances could not be read.
    #[error("the balances could not be read after the run: {0}")]
    Audit(#[source] OperatorError),
    /// The system refused a thread, a runtime or a timer.
    #[error("the system refused what the run needs: {0}")]
    System(#[from] io::Error),
}

/// Opens accounts, plays them, checks them, and reports.
///
/// # Errors
///
/// The run could not be made or not be checked.
pub fn run(plan: &Plan) -> Result<Report, RunError> {
    let mut environment = Environment::look(&plan.outputs.disk);
    on_one_thread(environment.ask_server(&plan.operator))?;
    let accounts = on_one_thread(open_accounts(plan))?.map_err(RunError::Setup)?;
    let start = now() + time_to_connect(plan) + plan.warm_up;
    let board = Arc::new(Board::default());
    let watch = Watch::start(plan.watched(start), Arc::clone(&board), plan.outputs.quiet);
    let mut outcome = load(plan, accounts, start, &board)?;
    drop(watch);
    let checked = on_one_thread(audit(plan, outcome.accounts, &mut outcome.out))?;
    let checked = checked.map_err(RunError::Audit)?;
    Ok(Report::new(plan, vec![outcome.measurement], outcome.out, checked, environment))
}

fn on_one_thread<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(LocalSet::new().block_on(&runtime, work))
}

fn time_to_connect(plan: &Plan) -> Duration {
    let connections = u64::try_from(plan.connections).unwrap_or(u64::MAX);
    Duration::from_millis(connections.saturating_add(100))
}
