//! Many calls over a few connections, for what comes before and after the measured run.

use std::rc::Rc;

use tokio::task::JoinSet;

use crate::client::{Client, Target};

/// How many connections the operator API is asked over.
const LANES: usize = 16;

/// Does `work` once for each item, over a few connections to `target`. The results come in no
/// particular order. Must be called within a `LocalSet`.
///
/// # Errors
///
/// The first failure of `work`; what else is under way is given up.
pub async fn in_lanes<T, R, E, W>(items: Vec<T>, target: &Rc<Target>, work: W) -> Result<Vec<R>, E>
where
    T: 'static,
    R: 'static,
    E: 'static,
    W: AsyncFn(&mut Client, T) -> Result<R, E> + 'static,
{
    let work = Rc::new(work);
    let mut tasks = JoinSet::new();
    for items in deal(items, LANES) {
        let (work, mut client) = (Rc::clone(&work), Client::new(Rc::clone(target)));
        tasks.spawn_local(async move {
            let mut results = Vec::with_capacity(items.len());
            for item in items {
                results.push(work(&mut client, item).await?);
            }
            Ok(results)
        });
    }
    let mut results = Vec::new();
    while let Some(lane) = tasks.join_next().await {
        results.extend(lane.expect("a lane does not panic")?);
    }
    Ok(results)
}

/// Deals `items` to `hands`, one after the other.
pub fn deal<T>(items: Vec<T>, hands: usize) -> Vec<Vec<T>> {
    let mut dealt: Vec<Vec<T>> = (0..hands).map(|_| Vec::new()).collect();
    for (index, item) in items.into_iter().enumerate() {
        dealt[index % hands].push(item);
    }
    dealt
}
