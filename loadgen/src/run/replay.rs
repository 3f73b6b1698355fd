//! A run that replays a journal: the accounts that it names, opened as they were, and its requests.

use std::{collections::HashMap, path::Path, rc::Rc};

use rust_decimal::Decimal;

use super::{Played, RunError, beside::Beside, on_one_thread, session::Session};
use crate::{
    audit::{Checked, check_trial_balance},
    cli::Plan,
    client::Client,
    journal::{JournalError, read_header},
    lanes::in_lanes,
    load::replay::{Names, Outcome, replay, survey},
    operator::{self, OperatorError},
};

/// Plays the journal at `path`. It is read once as a whole before anything is asked.
pub(super) fn play(
    plan: &Plan,
    path: &Path,
    session: &mut Session<'_>,
) -> Result<Played, RunError> {
    let header = read_header(path)?;
    if header.shared {
        return Err(RunError::Shared(path.to_owned()));
    }
    let opened_with = Decimal::from_str_exact(header.opened_with.get()).map_err(|_| {
        let why = format!("opened_with is {}, which is no amount", header.opened_with);
        JournalError::Line(path.to_owned(), 1, why)
    })?;
    let (names, first) = survey(path)?;
    let names = on_one_thread(open(plan, names, opened_with))?.map_err(RunError::Setup)?;
    let round = session.round(plan);
    let watch = session.watch(plan, &round);
    let outcome = session.while_killed(plan, || replay(&round, path, first, names))??;
    drop(watch);
    let Outcome { measurement, differences, replayed } = outcome;
    session.out.differences.extend(differences);
    let checked = check_trial_balance(plan, &mut session.out);
    on_one_thread(checked)?.map_err(RunError::Audit)?;
    let beside = Beside { replay: Some(replayed), ..Beside::default() };
    let checked = Checked::default();
    Ok(Played { plan: plan.clone(), measured: vec![measurement], checked, beside })
}

async fn open(
    plan: &Plan,
    names: Vec<String>,
    opened_with: Decimal,
) -> Result<Vec<Names>, OperatorError> {
    let target = Rc::new(plan.operator.clone());
    let run = plan.run.clone();
    let numbered = (0..names.len()).zip(names).collect();
    let opened = in_lanes(numbered, &target, async move |client: &mut Client, (index, before)| {
        let now = format!("{run}-{index}");
        let balance = operator::create(client, &now).await?;
        operator::top_up(client, &now, opened_with).await?;
        let balance_ref = balance.balance_ref;
        Ok((index, Names { before, now, balance_ref, holds: HashMap::new() }))
    });
    let mut opened: Vec<(usize, Names)> = opened.await?;
    opened.sort_unstable_by_key(|(index, _)| *index);
    Ok(opened.into_iter().map(|(_, names)| names).collect())
}
