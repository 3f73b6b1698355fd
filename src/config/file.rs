//! The configuration file: TOML, whose keys are the settings' (see [`setting`]).
//!
//! ```toml
//! listen = "0.0.0.0:7480"
//! max_keys = 1_000_000
//! currencies = ["XTS:2"]
//!
//! [[api_keys]]
//! name = "card-network"
//! role = "network"
//! sha256 = "…64 hexadecimal digits…"
//! ```
//!
//! Nothing in it is ignored: an unknown key is a problem.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::layer::{Layer, Source};
use super::problem::{FILE, Fault, Problem};
use super::setting::{self, Kind};

/// What the file at `path` says.
pub fn read(path: &Path, problems: &mut Vec<Problem>) -> Layer {
    let source = Source::File(path.to_owned());
    let text = fs::read_to_string(path).map_err(Fault::Unreadable);
    match text.and_then(|text| table(&text)) {
        Ok(table) => layer(table, &source, problems),
        Err(fault) => {
            problems.push(Problem::new(FILE, source, fault));
            Layer::default()
        }
    }
}

fn table(text: &str) -> Result<Table, Fault> {
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|&byte| byte == b'\n').count();
        Fault::NotToml { line, message: error.message().to_owned() }
    })
}

fn layer(table: Table, source: &Source, problems: &mut Vec<Problem>) -> Layer {
    let mut layer = Layer::default();
    for (key, value) in table {
        let known = setting::ALL.iter().find(|setting| setting.key == key);
        let texts = known.ok_or(Fault::UnknownKey).and_then(|known| texts(known.kind, value));
        match (known, texts) {
            (Some(setting), Ok(texts)) => layer.give(setting, texts, source.clone()),
            (_, Ok(_)) => {}
            (_, Err(fault)) => problems.push(Problem::new(&key, source.clone(), fault)),
        }
    }
    layer
}

/// A value of the file as the text that a flag would give.
fn texts(kind: Kind, value: Value) -> Result<Vec<String>, Fault> {
    match (kind, value) {
        (Kind::Text(_), Value::String(text)) => Ok(vec![text]),
        (Kind::Integer(_), Value::Integer(number)) => Ok(vec![number.to_string()]),
        (Kind::Switch, Value::Boolean(on)) => Ok(vec![on.to_string()]),
        (Kind::List, Value::Array(items)) => {
            items.into_iter().map(|item| one(kind, item)).collect()
        }
        (Kind::Keys, Value::Array(tables)) => (1..).zip(tables).map(key).collect(),
        (kind, value) => Err(wrong_type(kind, &value)),
    }
}

fn one(kind: Kind, item: Value) -> Result<String, Fault> {
    match item {
        Value::String(text) => Ok(text),
        other => Err(wrong_type(kind, &other)),
    }
}

/// One table of `[[api_keys]]`. What goes wrong is told without the values: they may be secret.
fn key((number, table): (usize, Value)) -> Result<String, Fault> {
    let Value::Table(mut table) = table else { return Err(wrong_type(Kind::Keys, &table)) };
    let mut part = |part| match table.remove(part) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Fault::KeyPart { number, part }),
    };
    let parts = [part("name")?, part("role")?, part("sha256")?];
    match table.into_iter().next() {
        None => Ok(parts.join(":")),
        Some((extra, _)) => Err(Fault::KeyExtra { number, extra }),
    }
}

fn wrong_type(kind: Kind, value: &Value) -> Fault {
    let wanted = match kind {
        Kind::Text(_) => "a string",
        Kind::Integer(_) => "a whole number, without quotes",
        Kind::Switch => "true or false, without quotes",
        Kind::List => "an array of strings",
        Kind::Keys => "tables [[api_keys]] with name, role and sha256",
    };
    Fault::WrongType { wanted, found: value.type_str() }
}
