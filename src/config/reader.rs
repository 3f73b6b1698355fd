//! Reads each setting from the strongest layer that gives it, and keeps all that is wrong.

use std::time::Duration;

use super::layer::{Given, Layer, Source};
use super::limits::Limit;
use super::problem::{Fault, Problem, Problems};
use super::setting::Setting;
use super::{Config, Settled};

/// The layers, strongest first, and what was found in them so far.
pub struct Reader<'a> {
    layers: [&'a Layer; 3],
    settled: Vec<Settled>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Reads from `layers`, in which `problems` were found before.
    pub const fn new(layers: [&'a Layer; 3], problems: Vec<Problem>) -> Self {
        Self { layers, settled: Vec::new(), problems }
    }

    /// A setting of one text.
    pub fn one<T>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let given = self.given(setting);
        let text = given.texts.concat();
        match parse(&text) {
            Ok(value) => {
                self.settle(setting, text, given.source);
                Some(value)
            }
            Err(fault) => {
                self.reject(setting, fault);
                None
            }
        }
    }

    /// A setting of any number of texts; `show` says what it is without saying secrets.
    pub fn list<T>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&[String]) -> Result<T, Vec<Fault>>,
        show: impl Fn(&[String], &T) -> String,
    ) -> Option<T> {
        let given = self.given(setting);
        match parse(&given.texts) {
            Ok(value) => {
                self.settle(setting, show(&given.texts, &value), given.source);
                Some(value)
            }
            Err(faults) => {
                let problem = |fault| Problem::new(setting.key, given.source.clone(), fault);
                self.problems.extend(faults.into_iter().map(problem));
                None
            }
        }
    }

    /// A whole number within `limit`.
    pub fn number<N: TryFrom<u64>>(
        &mut self,
        setting: &Setting,
        limit: &'static Limit,
    ) -> Option<N> {
        self.one(setting, |text| limit.parse(text))
    }

    /// A whole number of milliseconds within `limit`.
    pub fn milliseconds(&mut self, setting: &Setting, limit: &'static Limit) -> Option<Duration> {
        self.number(setting, limit).map(Duration::from_millis)
    }

    /// One of some words.
    pub fn choice<T: Copy>(&mut self, setting: &Setting, choices: &[(&str, T)]) -> Option<T> {
        let form = setting.form;
        self.one(setting, |text| {
            let chosen = choices.iter().find(|(word, _)| *word == text);
            chosen.map(|&(_, value)| value).ok_or(Fault::NotAChoice(form))
        })
    }

    /// `true` or `false`.
    pub fn switch(&mut self, setting: &Setting) -> Option<bool> {
        self.choice(setting, &[("true", true), ("false", false)])
    }

    /// Whether what was read of `setting` may not be what was meant.
    pub fn doubts(&self, setting: &Setting) -> bool {
        self.problems.iter().any(|problem| problem.touches(setting))
    }

    /// Notes that the one text of `setting` cannot be taken.
    pub fn reject(&mut self, setting: &Setting, fault: Fault) {
        let Given { texts, source } = self.given(setting);
        let problem = Problem::new(setting.key, source, fault).with_value(&texts.concat());
        self.problems.push(problem);
    }

    /// What was made of it, if nothing was wrong.
    pub fn finish(self, config: Option<Config>) -> Result<Config, Problems> {
        match config {
            Some(config) if self.problems.is_empty() => {
                Ok(Config { settled: self.settled, ..config })
            }
            _ => Err(Problems(self.problems)),
        }
    }

    fn given(&self, setting: &Setting) -> Given {
        let given = self.layers.iter().find_map(|layer| layer.given(setting));
        let default = || Given { texts: setting.default_texts(), source: Source::Default };
        given.cloned().unwrap_or_else(default)
    }

    fn settle(&mut self, setting: &Setting, value: String, source: Source) {
        self.settled.push(Settled { key: setting.key, value, source });
    }
}
