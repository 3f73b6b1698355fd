//! The stages of an action's way, each alone, warm and on one thread: for the micro-benchmarks, which
//! time them, and for `instructions`, which counts.
//!
//! What a stage uses up is made ready before it runs and is not measured. A stage is measured on
//! what fits the cache: `holdfast-bench engine` shows what it costs when it does not.

mod engine;
mod law;
mod log;
mod past;
mod text;

use std::time::Duration;

use crate::time::timed;

/// A stage by its name.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// What it is called.
    pub name: &'static str,
    /// How often it can be done at most with what is made ready at once.
    pub most: u64,
    /// How often it is done to count its instructions; twice that is at most `most`.
    pub counted: u64,
    prepare: fn() -> anyhow::Result<Box<dyn Work>>,
}

/// A stage with all that it needs.
pub trait Work {
    /// Makes ready what so many times use up.
    ///
    /// # Errors
    /// When it cannot be made.
    fn ready(&mut self, _times: u64) -> anyhow::Result<()> {
        Ok(())
    }

    /// Does it so often, at most as often as it was made ready for.
    ///
    /// # Panics
    /// When it fails, which a stage has no cause to.
    fn run(&mut self, times: u64);
}

/// All of them, in the order in which an action goes through them.
#[must_use]
pub fn all() -> Vec<Stage> {
    [&text::STAGES[..], &law::STAGES, &engine::STAGES, &log::STAGES, &past::STAGES].concat()
}

impl Stage {
    /// Makes all that it needs.
    ///
    /// # Errors
    /// When that cannot be made.
    pub fn prepare(&self) -> anyhow::Result<Box<dyn Work>> {
        (self.prepare)()
    }

    /// How long `work` takes so many times.
    ///
    /// # Errors
    /// When what they use up cannot be made.
    pub fn time(&self, work: &mut dyn Work, times: u64) -> anyhow::Result<Duration> {
        let (mut total, mut left) = (Duration::ZERO, times);
        while left > 0 {
            let some = left.min(self.most);
            work.ready(some)?;
            total += timed(|| work.run(some)).1;
            left -= some;
        }
        Ok(total)
    }
}

/// Work that uses nothing up.
struct Repeat<F>(F);

impl<F: FnMut()> Work for Repeat<F> {
    fn run(&mut self, times: u64) {
        (0..times).for_each(|_| (self.0)());
    }
}

/// The same as a stage wants it.
#[expect(clippy::unnecessary_wraps, reason = "a stage may fail to be prepared, this one does not")]
fn repeat(work: impl FnMut() + 'static) -> anyhow::Result<Box<dyn Work>> {
    Ok(Box::new(Repeat(work)))
}

/// So many things, which takes a count as those here are.
fn many<T>(times: u64, make: impl FnMut() -> T) -> Vec<T> {
    std::iter::repeat_with(make).take(usize::try_from(times).unwrap_or(usize::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stage_uses_up_is_made_ready_before() {
        struct Counting {
            ready: u64,
            done: u64,
        }
        impl Work for Counting {
            fn ready(&mut self, times: u64) -> anyhow::Result<()> {
                self.ready = times;
                Ok(())
            }
            fn run(&mut self, times: u64) {
                self.ready = self.ready.checked_sub(times).unwrap();
                self.done += times;
            }
        }
        let stage = Stage { name: "", most: 10, counted: 5, prepare: || repeat(|| {}) };
        let mut work = Counting { ready: 0, done: 0 };
        stage.time(&mut work, 25).unwrap();
        assert_eq!((work.ready, work.done), (0, 25));
    }

    #[test]
    fn every_stage_can_be_done_as_often_as_it_is_counted() {
        for stage in all() {
            assert!(stage.counted > 0 && stage.counted * 2 <= stage.most, "{}", stage.name);
        }
        let mut names: Vec<&str> = all().iter().map(|stage| stage.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "two stages have one name");
    }
}
