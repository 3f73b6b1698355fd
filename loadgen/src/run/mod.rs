//! One run from setup to report.

pub mod beside;
mod kills;
pub mod knee;
mod replay;
mod session;

use std::{io, num::NonZeroU32, path::PathBuf, rc::Rc, sync::Arc};

use tokio::{runtime, task::LocalSet};

use beside::{Beside, Generator};
use knee::{Ended, Knee, Met, Step, search};
use session::Session;

use crate::{
    audit::{Checked, audit},
    calibration::{answers_per_s, ceiling},
    cli::{Plan, Play},
    client::{Client, ExchangeError},
    environment::Environment,
    journal::JournalError,
    live::Board,
    machine::{PerTenThousand, resident_bytes},
    measurement::Measurement,
    operator::{self, OperatorError},
    report::{Report, Verdict},
    server::{Server, ServerError},
    setup::open_accounts,
    slo::Point,
};

/// What share of its rate a step must answer within its time, in percent, to be met.
const SUSTAINED_PERCENT: u64 = 95;
const P99: Point = Point::PerTenThousand(9_900);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The server could not be started, or not again.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The accounts could not be created.
    #[error("the accounts could not be opened: {0}")]
    Setup(#[source] OperatorError),
    /// The balances could not be read.
    #[error("the balances could not be read after the run: {0}")]
    Audit(#[source] OperatorError),
    /// What was acknowledged could not be asked for again.
    #[error("what was acknowledged could not be asked for again after the run: {0}")]
    AskAgain(#[source] ExchangeError),
    /// The journal could not be written.
    #[error("the journal {0} could not be written: {1}")]
    Journal(PathBuf, #[source] io::Error),
    /// The journal that is to be replayed is none.
    #[error("the journal cannot be replayed: {0}")]
    Replay(#[from] JournalError),
    /// Nobody knows the order of what was recorded.
    #[error(
        "the journal {0} is of one account that many asked at once (--hot one): in which order the server did it is not known, so it cannot be replayed"
    )]
    Shared(PathBuf),
    /// The system refused a thread, a runtime or a timer.
    #[error("the system refused what the run needs: {0}")]
    System(#[from] io::Error),
}

/// What was played, and measured meanwhile.
struct Played {
    /// With the rate that was measured, if that was searched for.
    plan: Plan,
    measured: Vec<Measurement>,
    checked: Checked,
    beside: Beside,
}

/// Opens accounts, plays them, checks them, and reports.
///
/// # Errors
///
/// The run could not be made or not be checked.
pub fn run(plan: &Plan) -> Result<Report, RunError> {
    let board = Arc::new(Board::default());
    let ceiling_per_s = plan.calibrates.then(|| ceiling(plan)).transpose()?;
    let mut session = Session::begin(plan, &board)?;
    let mut environment = Environment::look(&plan.outputs.disk);
    on_one_thread(environment.ask_server(&plan.operator))?;
    let mut played = match &plan.play {
        Play::Load => play(plan, &mut session)?,
        Play::Knee(from) => find_knee(plan, *from, &mut session)?,
        Play::Replay(path) => replay::play(plan, path, &mut session)?,
    };
    if let Some((journal, path)) = session.journal.take().zip(plan.journal.clone()) {
        let written = journal.finish().map_err(|error| RunError::Journal(path, error))?;
        played.beside.journal = Some(written);
    }
    if plan.server.as_ref().is_some_and(|server| server.kill_every.is_some()) {
        played.beside.kills = Some(session.outages.kills());
    }
    let busy_percent = played.measured.iter().map(|it| it.busy_percent).max().unwrap_or_default();
    let stolen_percent = session.stolen;
    played.beside.generator = Generator { busy_percent, ceiling_per_s, stolen_percent };
    session.server.take().into_iter().for_each(Server::stop);
    let Played { plan, measured, checked, beside } = played;
    Ok(Report::new(&plan, measured, session.out, checked, beside, environment))
}

fn play(plan: &Plan, session: &mut Session<'_>) -> Result<Played, RunError> {
    session.accounts = on_one_thread(open_accounts(plan))?.map_err(RunError::Setup)?;
    let before = memory(plan, session)?;
    let measured = (0..plan.repeats).map(|_| session.play(plan)).collect::<Result<_, _>>()?;
    let after = memory(plan, session)?;
    let soak = session.drift.as_ref().map(|drift| drift.soak(before.zip(after)));
    let mut played = check(plan, measured, session)?;
    played.beside.soak = soak;
    Ok(played)
}

/// How much memory the server has, as its process or its metrics tell, when that is asked for.
fn memory(plan: &Plan, session: &Session<'_>) -> Result<Option<u64>, RunError> {
    match &session.server {
        _ if !plan.soak => Ok(None),
        Some(server) => Ok(resident_bytes(server.pid())),
        None => {
            let mut client = Client::new(Rc::new(plan.operator.clone()));
            on_one_thread(operator::resident_bytes(&mut client))?.map_err(RunError::Setup)
        }
    }
}

/// Compares all balances, and asks for what was acknowledged again.
fn check(
    plan: &Plan,
    measured: Vec<Measurement>,
    session: &mut Session<'_>,
) -> Result<Played, RunError> {
    let accounts = std::mem::take(&mut session.accounts);
    let checked = on_one_thread(audit(plan, accounts, &mut session.out))?;
    let checked = checked.map_err(RunError::Audit)?;
    let asked = session.ask_again(plan)?;
    let beside =
        Beside { asked_again: Some(asked).filter(|asked| *asked > 0), ..Beside::default() };
    Ok(Played { plan: plan.clone(), measured, checked, beside })
}

fn find_knee(plan: &Plan, from: NonZeroU32, session: &mut Session<'_>) -> Result<Played, RunError> {
    session.accounts = on_one_thread(open_accounts(plan))?.map_err(RunError::Setup)?;
    let mut tried = Vec::new();
    let ended = search(from.get(), |rate| {
        let plan = plan.at_rate(rate);
        session.stolen = PerTenThousand::default();
        let measured = session.play(&plan)?;
        let stolen_percent = session.stolen;
        let generator = Generator { stolen_percent, ..Generator::default() };
        let beside = Beside { generator, ..Beside::default() };
        let verdict = Verdict::judge(&plan, &measured, &session.out, &beside);
        let verdict = sustained(verdict, rate, &measured);
        let met = Met::of(&verdict);
        tried.push((Step::of(rate, &measured, &verdict), measured, stolen_percent));
        Ok::<_, RunError>(met)
    })?;
    let chosen = choose(&tried, ended);
    let steps = tried.iter().map(|(step, ..)| step.clone()).collect();
    let (step, measured, stolen) = tried.swap_remove(chosen);
    session.stolen = stolen;
    let mut played = check(&plan.at_rate(step.rate_per_s), vec![measured], session)?;
    let is_the_servers = ended.unmet.is_some_and(|(_, missed)| missed);
    played.beside.knee = Some(Knee { knee_per_s: ended.met, is_the_servers, steps });
    Ok(played)
}

/// A short run cannot wait for long: one that answers less than it is asked for is missed, too.
fn sustained(verdict: Verdict, rate: u32, measured: &Measurement) -> Verdict {
    let achieved = answers_per_s(measured);
    match verdict {
        Verdict::Pass if achieved * 100 < u64::from(rate) * SUSTAINED_PERCENT => {
            Verdict::Missed(vec![format!("{achieved}/s were answered of {rate}/s")])
        }
        verdict => verdict,
    }
}

/// The step that is reported: the knee, or the last one where there is none.
fn choose<T>(tried: &[(Step, Measurement, T)], ended: Ended) -> usize {
    let is_knee = |(step, ..): &(Step, _, _)| {
        Some(step.rate_per_s) == ended.met && step.verdict == Verdict::Pass.word()
    };
    tried.iter().rposition(is_knee).unwrap_or(tried.len() - 1)
}

impl Step {
    fn of(rate_per_s: u32, measured: &Measurement, verdict: &Verdict) -> Self {
        Self {
            rate_per_s,
            achieved_per_s: answers_per_s(measured),
            p99_ns: u64::try_from(measured.response.at(P99).as_nanos()).unwrap_or(u64::MAX),
            verdict: verdict.word(),
            reasons: match verdict {
                Verdict::Missed(reasons) | Verdict::Invalid(reasons) => reasons.clone(),
                Verdict::Pass | Verdict::Incorrect => Vec::new(),
            },
        }
    }
}

fn on_one_thread<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(LocalSet::new().block_on(&runtime, work))
}
