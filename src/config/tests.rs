//! What wins, and what is refused with which words.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::*;
use crate::config::setting::{ALL, Kind, Setting};

/// SHA-256 of `one` and of `two`, as `sha256sum` prints them.
const ONE: &str = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const TWO: &str = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is said in the three places, and nothing else.
#[derive(Default)]
struct Said {
    flags: Layer,
    env: HashMap<String, OsString>,
    file: Option<(tempfile::TempDir, PathBuf)>,
}

impl Said {
    fn flag(mut self, key: &str, text: &str) -> Self {
        self.flags = self.flags.with_flag(find(key), &[text]);
        self
    }

    fn env(mut self, name: &str, text: &str) -> Self {
        self.env.insert(name.to_owned(), text.into());
        self
    }

    fn file(mut self, text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("holdfast.toml");
        fs::write(&path, text).unwrap();
        self.file = Some((directory, path));
        self
    }

    fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|(_, path)| path.clone())
    }

    fn resolve(&self) -> Result<Config, Problems> {
        let typed = Typed { file: self.path(), flags: self.flags.clone() };
        Config::resolve(&typed, &|name| self.env.get(name).cloned())
    }

    fn settled(&self, key: &str) -> (String, Source) {
        let settled = self.resolve().unwrap().settled;
        let settled = settled.into_iter().find(|settled| settled.key == key).unwrap();
        (settled.value, settled.source)
    }

    /// Asserts that there is one problem, and that it says each of `words`.
    fn is_refused(&self, words: &[&str]) {
        let problems = self.resolve().expect_err(&format!("{words:?}"));
        let text = problems.to_string();
        assert_eq!(problems.0.len(), 1, "{text}");
        for word in words {
            assert!(text.contains(word), "{word:?} is not in {text}");
        }
    }
}

fn find(key: &str) -> &'static Setting {
    ALL.iter().find(|setting| setting.key == key).unwrap()
}

fn key(name: &str, role: &str, hash: &str) -> String {
    format!("{name}:{role}:{hash}")
}

#[test]
fn what_nobody_says_is_the_default() {
    let config = Said::default().resolve().unwrap();
    assert_eq!(config.data_dir, PathBuf::from("./holdfast-data"));
    assert_eq!(config.listen.to_string(), "127.0.0.1:7480");
    assert_eq!(config.operator_listen.to_string(), "127.0.0.1:7481");
    assert_eq!(config.base_path, "/api/pba");
    assert_eq!(config.api_key_header, "x-api-key");
    assert!(config.api_keys.is_empty());
    assert_eq!(config.rules, Rules::default());
    assert!((1..=256).contains(&config.threads));
    let counts = (config.max_connections, config.max_in_flight, config.max_keys);
    assert_eq!(counts, (4096, 65_536, 200_000_000));
    let times = [config.head_timeout, config.body_timeout, config.write_timeout];
    assert_eq!(times.map(|time| time.as_secs()), [10, 10, 30]);
    assert_eq!(config.drain_timeout, Duration::from_secs(30));
    assert_eq!((config.sync, config.segment_bytes), (wal::Sync::Group, 67_108_864));
    assert_eq!(config.hook, None);
    let keeping = &config.keeping;
    assert_eq!((&keeping.wal_mirror, &keeping.archive_dir), (&None, &None));
    assert_eq!(keeping.on_mirror_loss, wal::OnMirrorLoss::Stop);
    assert_eq!(keeping.archive_after, Duration::from_secs(30 * 24 * 3600));
    assert_eq!(keeping.snapshot_interval, Some(Duration::from_secs(900)));
    assert!(!keeping.ignore_snapshots);
    assert!(!config.allow_any_filesystem && !config.accept_clock_jump);
    assert_eq!(config.log_format, LogFormat::Auto);
    let keys: Vec<_> = config.settled.iter().map(|settled| settled.key).collect();
    assert_eq!(keys, ALL.iter().map(|setting| setting.key).collect::<Vec<_>>());
    assert!(config.settled.iter().all(|settled| settled.source == Source::Default));
}

#[test]
fn the_strongest_place_wins() {
    let said = Said::default().file("max_keys = 3");
    let file = Source::File(said.path().unwrap());
    assert_eq!(said.settled("max_keys"), ("3".to_owned(), file));
    let said = said.env("HOLDFAST_MAX_KEYS", "2");
    let environment = Source::Environment("HOLDFAST_MAX_KEYS".to_owned());
    assert_eq!(said.settled("max_keys"), ("2".to_owned(), environment));
    let said = said.flag("max_keys", "1");
    assert_eq!(said.settled("max_keys"), ("1".to_owned(), Source::Flag("max-keys")));
    assert_eq!(said.resolve().unwrap().max_keys, 1);
}

#[test]
fn an_empty_variable_says_nothing() {
    let said = Said::default().env("HOLDFAST_MAX_KEYS", "").env("HOLDFAST_CONFIG", "");
    assert_eq!(said.settled("max_keys").1, Source::Default);
}

#[test]
fn the_environment_can_name_the_file_and_a_flag_overrides_it() {
    let said = Said::default().file("max_keys = 3");
    let path = said.path().unwrap();
    let named = Said::default().env("HOLDFAST_CONFIG", path.to_str().unwrap());
    assert_eq!(named.resolve().unwrap().max_keys, 3);
    let said = said.env("HOLDFAST_CONFIG", "/not/there");
    assert_eq!(said.resolve().unwrap().max_keys, 3);
}

#[test]
fn every_setting_can_be_given_in_every_place() {
    for setting in ALL {
        let (text, toml) = match setting.kind {
            Kind::Text("") if setting.form == "URL" => {
                ("http://[::1]/x".to_owned(), "\"http://[::1]/x\"".to_owned())
            }
            Kind::Text("") => ("/somewhere".to_owned(), "\"/somewhere\"".to_owned()),
            Kind::Text(text) => (text.to_owned(), format!("{text:?}")),
            Kind::Integer(limit) => (limit.max.to_string(), limit.max.to_string()),
            Kind::Switch => ("true".to_owned(), "true".to_owned()),
            Kind::List => ("XTS:2".to_owned(), "[\"XTS:2\"]".to_owned()),
            Kind::Keys => (
                key("a", "network", ONE),
                format!("[{{ name = \"a\", role = \"network\", sha256 = \"{ONE}\" }}]"),
            ),
        };
        let key = setting.key;
        let flag = Said::default().flag(key, &text).settled(key);
        let env = Said::default().env(&setting.variable(), &text).settled(key);
        let file = Said::default().file(&format!("{key} = {toml}")).settled(key);
        assert!(matches!(flag.1, Source::Flag(_)), "{key}");
        assert!(matches!(env.1, Source::Environment(_)), "{key}");
        assert!(matches!(file.1, Source::File(_)), "{key}");
        assert!(flag.0 == env.0 && env.0 == file.0, "{key}");
    }
}

#[test]
fn every_choice_is_taken_as_it_is_written() {
    for setting in ALL.iter().filter(|setting| setting.form.contains('|')) {
        for word in setting.form.split('|') {
            let said = Said::default().flag(setting.key, word);
            assert_eq!(said.settled(setting.key).0, word, "{}", setting.key);
        }
    }
}

#[test]
fn a_list_replaces_the_weaker_list() {
    let said = Said::default().file("currencies = [\"AAA:1\"]").flag("currencies", "BBB:2, CCC:3");
    let currencies = said.resolve().unwrap().currencies;
    assert!(currencies.find("AAA").is_none() && currencies.find("USD").is_some());
    assert_eq!(currencies.find("CCC").unwrap().exponent(), 3);
}

#[test]
fn the_ends_of_a_limit_are_within_it() {
    for setting in ALL {
        let Kind::Integer(limit) = setting.kind else { continue };
        for end in [limit.min, limit.max] {
            assert!(Said::default().flag(setting.key, &end.to_string()).resolve().is_ok());
        }
        let beyond = limit.max + 1;
        let said = Said::default().flag(setting.key, &beyond.to_string());
        said.is_refused(&[setting.key, setting.flag, "out of range", limit.reason]);
    }
}

#[test]
fn a_bad_value_is_refused_with_what_is_allowed() {
    let rows: &[(&str, &[&str], &str)] = &[
        ("data_dir", &[""], "is empty"),
        ("listen", &["localhost:7480", "127.0.0.1", ":7480", "127.0.0.1:65536"], "IP:PORT"),
        ("operator_listen", &["7481"], "IP:PORT"),
        (
            "base_path",
            &["", "/", "api", "/api/", "/a//b", "/a?b", "/a#b", "/a b", "/../a", "/a%2fb", "/ä"],
            "begins with '/'",
        ),
        ("api_key_header", &["", "X API", "X:Y", "X\n"], "letters, digits"),
        ("currencies", &["USD", "usd:2", "USDD:2", "USD:9", "USD:-1", ""], "CODE:DIGITS"),
        ("currencies", &["XTS:2,XTS:3"], "XTS is there twice"),
        ("unlinked_debits", &["", "Post", "yes"], "refuse|post"),
        ("over_capture", &["refuse "], "post|refuse"),
        ("time_zone", &["", "Singapore City", "UTC+8", "../UTC"], "Asia/Singapore"),
        ("sync", &["on", "always"], "group|off"),
        ("log_format", &["text"], "auto|human|json"),
        ("allow_any_filesystem", &["1", "yes", "TRUE"], "true|false"),
        ("threads", &["0", "257", "99999999999999999999"], "1 to 256 threads"),
        ("threads", &["", "-1", "+1", "1.5", "1e2", " 1", "auto"], "is not a whole number"),
        ("segment_bytes", &["65535", "65537"], "a multiple of 4096"),
        ("drain_timeout_ms", &["600001"], "0 to 600000 milliseconds"),
    ];
    for (key, texts, allowed) in rows {
        for text in *texts {
            Said::default().flag(key, text).is_refused(&[key, find(key).flag, allowed]);
        }
    }
}

#[test]
fn a_bad_key_is_refused_without_being_shown() {
    let good = key("a", "network", ONE);
    let secret = "my-secret-key-in-the-wrong-place";
    let rows = [
        (secret.to_owned(), "is not NAME:ROLE:SHA256HEX"),
        (key("a:b", "network", ONE), "is not NAME:ROLE:SHA256HEX"),
        (key("", "network", ONE), "its name"),
        (key("a b", "network", ONE), "its name"),
        (key(&"a".repeat(65), "network", ONE), "its name"),
        (key("a", "admin", ONE), "one of network, operator, reader"),
        (key("a", "network", secret), "sha256sum"),
        (key("a", "network", &ONE[1..]), "64 hexadecimal digits"),
        (key("a", "network", &format!("+{}", &ONE[1..])), "64 hexadecimal digits"),
        (key("a", "network", EMPTY), "an empty key"),
        (format!("{good},{}", key("a", "reader", TWO)), "key number 2: the name a is taken"),
        (format!("{good},{}", key("b", "reader", ONE)), "key number 2: it is the same key as a"),
    ];
    for (text, words) in &rows {
        let said = Said::default().env("HOLDFAST_API_KEYS", text);
        said.is_refused(&["api_keys", "environment HOLDFAST_API_KEYS", words]);
        let told = said.resolve().unwrap_err().to_string();
        assert!(!told.contains(secret) && !told.contains(&ONE[1..]), "{told}");
    }
}

#[test]
fn there_is_a_limit_to_keys() {
    let texts = |n: usize| -> Vec<String> {
        (0..n).map(|n| key(&format!("k{n}"), "network", &format!("{n:064x}"))).collect()
    };
    assert!(ApiKeys::parse(&texts(limits::API_KEYS_MAX)).is_ok());
    let errors = ApiKeys::parse(&texts(limits::API_KEYS_MAX + 1)).unwrap_err();
    assert_eq!(errors, [(limits::API_KEYS_MAX + 1, keys::KeyError::TooMany)]);
}

#[test]
fn a_bad_file_is_refused_with_its_name() {
    let rows = [
        ("max_keys = 1\nlisten = ", "line 2"),
        ("max_keys = 1\nmax_keys = 2", "line 2"),
        ("max-keys = 1", "max-keys (file"),
        ("[server]\nlisten = \"127.0.0.1:1\"", "server (file"),
        ("max_keys = \"1\"", "of type string: give a whole number"),
        ("max_keys = -1", "is not a whole number"),
        ("max_keys = 1.0", "of type float"),
        ("listen = 7480", "of type integer: give a string"),
        ("allow_any_filesystem = \"true\"", "give true or false"),
        ("currencies = \"XTS:2\"", "give an array of strings"),
        ("currencies = [2]", "of type integer"),
        ("api_keys = [\"a:network:00\"]", "of type string: give tables [[api_keys]]"),
        ("[[api_keys]]\nname = \"a\"\nrole = \"network\"", "table number 1 has no sha256"),
        ("[[api_keys]]\nname = \"a\"\nrole = 1\nsha256 = \"\"", "table number 1 has no role"),
        (
            "[[api_keys]]\nname = \"a\"\nrole = \"reader\"\nsha256 = \"\"\nsecret = \"b\"",
            "table number 1 has \"secret\"",
        ),
        ("[api_keys]\nname = \"a\"", "tables [[api_keys]]"),
    ];
    for (text, words) in rows {
        Said::default().file(text).is_refused(&["holdfast.toml", words]);
    }
    let said = Said::default().env("HOLDFAST_CONFIG", "/not/there");
    said.is_refused(&["config (file /not/there)", "cannot be read"]);
}

#[test]
fn a_variable_that_is_no_text_is_refused() {
    let mut said = Said::default();
    said.env.insert("HOLDFAST_SYNC".to_owned(), OsString::from_vec(vec![0xff]));
    said.is_refused(&["sync", "environment HOLDFAST_SYNC", "is not UTF-8"]);
}

#[test]
fn a_listener_that_others_can_reach_needs_a_key_that_opens_it() {
    let exposed = ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1"];
    for (listener, opening, others) in [
        ("listen", &["network"][..], &["operator", "reader"][..]),
        ("operator_listen", &["operator", "reader"], &["network"]),
    ] {
        for address in exposed {
            let said = || Said::default().flag(listener, address);
            said().is_refused(&[listener, address, opening[0], "--api-key", "sha256sum"]);
            for role in others {
                said().flag("api_keys", &key("a", role, ONE)).is_refused(&[listener]);
            }
            for role in opening {
                assert!(said().flag("api_keys", &key("a", role, ONE)).resolve().is_ok());
            }
        }
        for address in ["127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(Said::default().flag(listener, address).resolve().is_ok(), "{address}");
        }
    }
}

#[test]
fn keys_that_could_not_be_read_are_not_called_missing() {
    let exposed = || Said::default().flag("listen", "0.0.0.0:1");
    exposed().file("api_keys = [1]").is_refused(&["api_keys", "of type integer"]);
    exposed().env("HOLDFAST_API_KEYS", "a:network:1").is_refused(&["key number 1"]);
    exposed().env("HOLDFAST_CONFIG", "/not/there").is_refused(&["cannot be read"]);
}

#[test]
fn two_listeners_do_not_share_an_address() {
    let keys = format!("{},{}", key("a", "network", ONE), key("b", "operator", TWO));
    let both = |network: &str, operator: &str| {
        let said = Said::default().flag("api_keys", &keys);
        said.flag("listen", network).flag("operator_listen", operator)
    };
    for (network, operator) in [("127.0.0.1:1", "127.0.0.1:1"), ("0.0.0.0:1", "127.0.0.1:1")] {
        both(network, operator).is_refused(&["operator_listen", operator, "another port"]);
    }
    for (network, operator) in [("127.0.0.1:0", "127.0.0.1:0"), ("127.0.0.1:1", "127.0.0.2:1")] {
        assert!(both(network, operator).resolve().is_ok());
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let said = Said::default()
        .flag("threads", "0")
        .flag("listen", "0.0.0.0:7480")
        .env("HOLDFAST_SYNC", "maybe")
        .file("colour = 1\nshape = 2\nlog_format = \"loud\"");
    let problems = said.resolve().unwrap_err();
    let text = problems.to_string();
    assert_eq!(problems.0.len(), 6, "{text}");
    assert!(text.starts_with("the configuration has 6 problems\n"), "{text}");
    for key in ["threads", "listen", "sync", "colour", "shape", "log_format"] {
        assert!(text.contains(&format!("\n  {key} ")), "{key} is not in {text}");
    }
}

#[test]
fn each_live_key_opens_with_its_own_role() {
    let texts = [key("old", "network", ONE), key("new", "reader", &TWO.to_uppercase())];
    let keys = ApiKeys::parse(&texts).unwrap();
    assert_eq!(keys.role_of(b"one"), Some(Role::Network));
    assert_eq!(keys.role_of(b"two"), Some(Role::Reader));
    for wrong in [&b""[..], b"One", b"one ", b"one\0", b"on", ONE.as_bytes(), b"onetwo"] {
        assert_eq!(keys.role_of(wrong), None);
    }
    assert_eq!(ApiKeys::default().role_of(b""), None);
    assert!(keys.opens(OPERATOR_ROLES) && !keys.opens(&[Role::Operator]));
    assert!(!format!("{keys:?} {keys}").contains(&ONE[..8]));
}

#[test]
fn the_integration_mode_is_one_of_two_and_may_be_said_in_every_place() {
    let mode = |said: Said| said.resolve().unwrap().integration_mode;
    assert_eq!(mode(Said::default()), IntegrationMode::Ledger);
    for said in [
        Said::default().flag("integration_mode", "clearing"),
        Said::default().env("HOLDFAST_INTEGRATION_MODE", "clearing"),
        Said::default().file("integration_mode = \"clearing\"\n"),
    ] {
        assert_eq!(mode(said), IntegrationMode::Clearing);
    }
    let both = Said::default().flag("integration_mode", "both");
    both.is_refused(&["integration_mode", "both", "ledger", "clearing"]);
}
