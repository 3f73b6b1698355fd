//! The settings as flags, made from their table.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, value_parser};

use crate::config::setting::{self, Kind, Setting};
use crate::config::{FILE_VARIABLE, Layer, Typed};

const FILE: &str = "config";

/// The flags `--config` and one for each setting. What they say is not checked yet: a
/// configuration is right or wrong as a whole.
#[derive(Clone, Debug)]
pub struct Flags(Typed);

impl Flags {
    /// What was typed.
    #[must_use]
    pub const fn typed(&self) -> &Typed {
        &self.0
    }
}

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        let args = setting::ALL.iter().map(|setting| arg(setting));
        command.next_line_help(true).arg(file()).args(args)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Layer::default();
        for &setting in setting::ALL {
            if let Some(texts) = matches.get_many::<String>(setting.key) {
                let texts: Vec<&str> = texts.map(String::as_str).collect();
                flags = flags.with_flag(setting, &texts);
            }
        }
        Ok(Self(Typed { file: matches.get_one(FILE).cloned(), flags }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn file() -> Arg {
    Arg::new(FILE)
        .long(FILE)
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(format!("The configuration file, TOML [env: {FILE_VARIABLE}]"))
}

fn arg(setting: &'static Setting) -> Arg {
    let arg = Arg::new(setting.key).long(setting.flag).value_name(setting.form).help(help(setting));
    match setting.kind {
        Kind::Text(_) | Kind::Integer(_) => arg.action(ArgAction::Set),
        Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::List | Kind::Keys => arg.action(ArgAction::Append),
    }
}

fn help(setting: &Setting) -> String {
    let allowed = match setting.kind {
        Kind::Integer(limit) => format!(": {limit}"),
        Kind::List | Kind::Keys => "; may be repeated".to_owned(),
        Kind::Text(_) | Kind::Switch => String::new(),
    };
    let (default, variable) = (setting.default_in_words(), setting.variable());
    format!("{}{allowed} [default: {default}] [env: {variable}]", setting.help)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::{CommandFactory, Parser};

    use crate::cli::{Args, Command};
    use crate::config::{Given, Typed, setting};

    fn typed(words: &[&str]) -> Typed {
        let args = Args::try_parse_from(["holdfast", "serve"].iter().chain(words)).unwrap();
        let Command::Serve(flags) = args.command else { panic!("{words:?} does not serve") };
        flags.typed().clone()
    }

    fn texts(words: &[&str], setting: &setting::Setting) -> Vec<String> {
        let typed = typed(words);
        typed.flags.given(setting).map_or_else(Vec::new, |Given { texts, .. }| texts.clone())
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_flag_is_the_key_with_dashes() {
        let repeated = |key| key == setting::API_KEYS.key;
        for setting in setting::ALL.iter().filter(|setting| !repeated(setting.key)) {
            assert_eq!(setting.flag, setting.key.replace('_', "-"));
        }
    }

    #[test]
    fn what_is_not_typed_says_nothing() {
        let typed = typed(&[]);
        assert_eq!(typed.file, None);
        assert!(setting::ALL.iter().all(|setting| typed.flags.given(setting).is_none()));
    }

    #[test]
    fn what_is_typed_arrives_as_it_is() {
        assert_eq!(typed(&["--config", "a.toml"]).file.as_deref(), Some(Path::new("a.toml")));
        assert_eq!(texts(&["--threads", "x"], &setting::THREADS), ["x"]);
        assert_eq!(
            texts(&["--api-key", "a", "--api-key=b,c"], &setting::API_KEYS),
            ["a", "b", "c"]
        );
        let switch = &setting::ACCEPT_CLOCK_JUMP;
        assert_eq!(texts(&["--accept-clock-jump"], switch), ["true"]);
        assert_eq!(texts(&["--accept-clock-jump=false"], switch), ["false"]);
    }

    #[test]
    fn what_is_not_understood_is_a_usage_error() {
        for words in [&["--thread", "1"][..], &["--threads"], &["--sync", "off", "--sync", "off"]] {
            let parsed = Args::try_parse_from(["holdfast", "serve"].iter().chain(words));
            assert_eq!(parsed.unwrap_err().exit_code(), 2, "{words:?}");
        }
    }
}
