//! What one place says about the settings, as text, and which place it is.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::problem::{Fault, Problem};
use super::setting::{self, Setting};

/// Where the value of a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The flag of that name, without the dashes.
    Flag(&'static str),
    /// The environment variable of that name.
    Environment(String),
    /// The configuration file.
    File(PathBuf),
    /// Nobody said.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag --{name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The value of a setting as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// One text, or any number for a list.
    pub texts: Vec<String>,
    /// Where it came from.
    pub source: Source,
}

/// What one place says, by the setting's key.
#[derive(Clone, Debug, Default)]
pub struct Layer(BTreeMap<&'static str, Given>);

impl Layer {
    /// What is said about `setting`.
    #[must_use]
    pub fn given(&self, setting: &Setting) -> Option<&Given> {
        self.0.get(setting.key)
    }

    /// Says something about `setting`.
    pub(super) fn give(&mut self, setting: &Setting, texts: Vec<String>, source: Source) {
        self.0.insert(setting.key, Given { texts, source });
    }

    /// With `setting` given by its flag.
    #[must_use]
    pub fn with_flag(mut self, setting: &Setting, texts: &[&str]) -> Self {
        let texts = texts.iter().copied().flat_map(|text| split(setting, text)).collect();
        self.give(setting, texts, Source::Flag(setting.flag));
        self
    }

    /// What the environment says.
    pub(super) fn environment(
        env: &dyn Fn(&str) -> Option<OsString>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut layer = Self::default();
        for &setting in setting::ALL {
            let name = setting.variable();
            let Some(value) = env(&name).filter(|value| !value.is_empty()) else { continue };
            let source = Source::Environment(name);
            match value.into_string() {
                Ok(text) => layer.give(setting, split(setting, &text), source),
                Err(_) => problems.push(Problem::new(setting.key, source, Fault::NotUtf8)),
            }
        }
        layer
    }
}

fn split(setting: &Setting, text: &str) -> Vec<String> {
    match setting.is_list() {
        true => text.split(',').map(|item| item.trim().to_owned()).collect(),
        false => vec![text.to_owned()],
    }
}
